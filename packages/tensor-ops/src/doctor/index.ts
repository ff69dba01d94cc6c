/** Examination of the machine: Node only. */
export { examineMachine, type Finding } from './examine';
