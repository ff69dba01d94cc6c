/** `icconv launch`: a training by several processes of this machine. */
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { Command } from 'commander';
import { launchWorkers } from '../cluster/launch-workers';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';

export function launchCommand({ signal }: CommandContext): Command {
  return new Command('launch')
    .requiredOption('-n, --workers <n>', 'how many', countOption)
    .argument('<command...>', 'after --: what each runs, such as train detection --config train.yaml')
    .action(async (command: readonly string[], { workers }: { readonly workers: number }) => {
      if (command[0] !== 'train')
        throw new InvalidArgumentError('launch', 'command', command[0], 'train, which alone has workers');
      process.exitCode = await launchWorkers(workers, command, signal);
    });
}
