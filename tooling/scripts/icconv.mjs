// pnpm icconv COMMAND [...]: the program from this checkout's sources, in the folder where it is called.
import { icconv, installDependencies } from './steps.mjs';

installDependencies();
process.exit(icconv(process.argv.slice(2), { cwd: process.env.INIT_CWD }));
