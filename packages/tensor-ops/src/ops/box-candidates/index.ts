export { type BoxCandidates, type BoxCandidatesOptions, boxCandidates } from './box-candidates';
export { registerBoxCandidates } from './register-box-candidates';
