export { runSteps, runStepsAsync, type StepBreak, type Steps } from './steps';
