// pnpm demo: the main job on a fresh machine.
import { icconv, installDependencies } from './steps.mjs';

installDependencies();
const setup = icconv(['setup']);
if (setup !== 0) process.exit(setup);
process.exit(icconv(['doctor']));
