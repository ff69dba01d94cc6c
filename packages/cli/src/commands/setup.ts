import { setUpEngine } from '@icconv/tensor-ops/setup';
import { Command, Option } from 'commander';
import type { CommandContext } from '../context';
import { setupProgress } from '../ui/progress';

interface SetupFlags {
  readonly device: 'auto' | 'cpu' | 'cuda';
  readonly offline?: boolean;
  readonly libtensorflow?: string;
  readonly json?: boolean;
}

export function setupCommand({ signal }: CommandContext): Command {
  return new Command('setup')
    .addOption(
      new Option('--device <device>', 'library to fetch; auto takes cuda when an NVIDIA driver is found')
        .choices(['auto', 'cpu', 'cuda'])
        .default('auto'),
    )
    .option('--offline', 'never touch the network: use what the cache holds')
    .option('--libtensorflow <folder>', 'use a TensorFlow of your own: the folder site-packages/tensorflow')
    .option('--json', 'print the result as JSON')
    .action(async ({ json, ...flags }: SetupFlags) => {
      const started = performance.now();
      const progress = setupProgress();
      const result = await setUpEngine({ ...flags, signal, onProgress: progress.report }).finally(progress.stop);
      if (json) {
        console.log(JSON.stringify(result));
        return;
      }
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const what = `TensorFlow ${result.tensorflow} (${result.variant})`;
      console.log(result.changed ? `${what} is set up, in ${seconds} s` : `${what} was set up already`);
    });
}
