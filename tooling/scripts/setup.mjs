// pnpm run setup [--device cpu|cuda] [--offline] [--libtensorflow DIR]: dependencies, then the native engine.
import { icconv, installDependencies } from './steps.mjs';

installDependencies();
process.exit(icconv(['setup', ...process.argv.slice(2)]));
