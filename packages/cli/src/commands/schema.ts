/** `icconv schema <what>`: the JSON Schema of a configuration file, for editors. */
import { fileSchema } from '@icconv/base/config';
import { modelSearchSchema, searchSchema } from '@icconv/edo/node';
import { trainingSchema } from '@icconv/task';
import { Argument, Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';

export function schemaCommand(_context: CommandContext): Command {
  const names = [...TASKS.map(({ task }) => task.name), 'search'];
  return new Command('schema')
    .addArgument(new Argument('<what>', 'whose file').choices(names))
    .action((what: string) => console.log(JSON.stringify(schemaOf(what), null, 2)));
}

function schemaOf(what: string) {
  const own = TASKS.find(({ task }) => task.name === what);
  if (own !== undefined) return fileSchema(trainingSchema(own.task), own.task.training.settings.presets);
  // A super-network's file, or with --model only how to search.
  return fileSchema(z.union([searchSchema, modelSearchSchema]));
}
