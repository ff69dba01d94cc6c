/** `icconv detect`, `icconv pose`, ...: a network over pictures, as a table, as JSON, as overlays. */
import { createRunner, type PictureResult } from '@icconv/task';
import { Command } from 'commander';
import type { CommandContext } from '../context';
import { listInputs } from '../pictures/inputs';
import { outcomesJson, type PictureOutcome, runOnPictures } from '../pictures/run-on-pictures';
import { loading, type ModelFlags, modelOf, withModelFlags } from '../tasks/model-flags';
import type { AnyTaskCommand, Flags } from '../tasks/task-command';

interface RunFlags extends ModelFlags, Flags {
  readonly out?: string;
  readonly json?: boolean;
}

export function runTaskCommand(own: AnyTaskCommand, { signal }: CommandContext): Command {
  const command = new Command(own.verb).argument(
    '<images...>',
    'pictures, videos (by ffmpeg), folders of them, or addresses of pictures',
  );
  return own
    .withRunFlags(withModelFlags(command, own))
    .option('--out <folder>', `write the pictures and videos with ${own.drawn} drawn in`)
    .option('--json', 'print everything as JSON')
    .action(async (given: readonly string[], flags: RunFlags) => {
      const inputs = await listInputs(given);
      const source = modelOf(own, flags);
      const runner = await loading(flags, signal, (options) => createRunner(own.task, source, options));
      const call = { ...own.callOf(flags), signal };
      try {
        const done = await runOnPictures({
          title: own.title,
          inputs,
          out: flags.out,
          signal,
          run: (picture) => runner.run(picture, call),
          draw: (picture, result, format) => own.draw(picture, result, runner.model, { flags, format }),
        });
        if (flags.json) console.log(outcomesJson(done));
        else if (done.length > 0) console.log(await foundTable(own, done, flags));
      } finally {
        await runner.dispose();
      }
    });
}

async function foundTable(
  { table: { head, rows, nothing } }: AnyTaskCommand,
  done: readonly PictureOutcome<PictureResult>[],
  flags: Flags,
): Promise<string> {
  const lines = done.flatMap(({ image, time, result }) => {
    const found = rows(result, flags);
    const picture = time === undefined ? image : `${image} ${time.toFixed(2)} s`;
    if (found.length === 0) return [[picture, nothing, ...head.slice(1).map(() => '')]];
    return found.map((row, i) => [i === 0 ? picture : '', ...row]);
  });
  const { table } = await import('../ui/table');
  return table(['picture', ...head], lines, head[0] === 'class' ? 2 : 1);
}
