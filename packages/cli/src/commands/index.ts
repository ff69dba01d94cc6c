/** The list of commands. Each has a file beside this one, with all that it needs, which is loaded when the command is called. */
import type { Command } from 'commander';
import type { CommandContext } from '../context';
import { anyTask } from '../tasks/task-command';
import { TASK_WORDS } from '../tasks/words';

/** @param program - that the command becomes a part of. */
type Make = (context: CommandContext, program: Command) => Command;

export interface CommandEntry {
  readonly description: string;
  /** Not in the help. */
  readonly hidden?: boolean;
  load(): Promise<Make>;
}

const { detection, pose, classification } = TASK_WORDS;

/** By their names, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  setup: {
    description: "provide TensorFlow's native runtime: fetch its libraries, compile the binding and the operators",
    load: async () => (await import('./setup')).setupCommand,
  },
  doctor: {
    description: 'check engine, compiler, GPU and cache; exit code 1 when the native engine cannot run',
    load: async () => (await import('./doctor')).doctorCommand,
  },
  coco: {
    description: 'check and convert COCO annotations and results',
    load: async () => (await import('./coco')).cocoCommand,
  },
  convert: {
    description: 'convert a weight file: safetensors, PyTorch; layout, precision, names of inception branches',
    load: async () => (await import('./convert')).convertCommand,
  },
  inspect: {
    description:
      'list the tensors of a weight file (safetensors, PyTorch): type, shape, size, name; nothing in it is run',
    load: async () => (await import('./inspect')).inspectCommand,
  },
  models: {
    description: 'published checkpoints that networks here load',
    load: async () => (await import('./models')).modelsCommand,
  },
  export: {
    description: 'write networks in the formats of other runtimes',
    load: async () => (await import('./export')).exportCommand,
  },
  eval: {
    description: 'evaluate result files against annotations',
    load: async () => (await import('./eval-coco')).evalCommand,
  },
  [detection.verb]: {
    description: detection.description,
    load: async () => {
      const [{ runTaskCommand }, task] = await Promise.all([import('./run-task'), import('../tasks/detection')]);
      return (context) => runTaskCommand(anyTask(task.DETECTION_COMMAND), context);
    },
  },
  [pose.verb]: {
    description: pose.description,
    load: async () => {
      const [{ runTaskCommand }, task] = await Promise.all([import('./run-task'), import('../tasks/pose')]);
      return (context) => runTaskCommand(anyTask(task.POSE_COMMAND), context);
    },
  },
  [classification.verb]: {
    description: classification.description,
    load: async () => {
      const [{ runTaskCommand }, task] = await Promise.all([import('./run-task'), import('../tasks/classification')]);
      return (context) => runTaskCommand(anyTask(task.CLASSIFICATION_COMMAND), context);
    },
  },
  init: {
    description: 'write a commented configuration file for a training on the data that is there',
    load: async () => (await import('./init')).initCommand,
  },
  train: {
    description: 'train a network on your data',
    load: async () => {
      const [{ forEachTask }, { trainTaskCommand }] = await Promise.all([
        import('./for-each-task'),
        import('./train-task'),
      ]);
      return (context) => forEachTask('train', trainTaskCommand, context);
    },
  },
  launch: {
    description: 'train by several processes on this machine, such as one for each GPU',
    load: async () => (await import('./launch')).launchCommand,
  },
  serve: {
    description: 'answer pictures over HTTP: JSON or overlays; metrics, health, OpenAPI at /openapi.json',
    load: async () => (await import('./serve')).serveCommand,
  },
  search: {
    description: 'find the dilation of every channel from a trained super-network; writes pattern, weights and report',
    load: async () => (await import('./search')).searchCommand,
  },
  schema: {
    description:
      'print the JSON Schema of a training’s or a search’s configuration file, by which editors complete and check it',
    load: async () => (await import('./schema')).schemaCommand,
  },
  reproduce: {
    description: 'run a published protocol and put the measured number beside the published one',
    load: async () => {
      const [{ forEachTask }, { reproduceTaskCommand }] = await Promise.all([
        import('./for-each-task'),
        import('./eval-task'),
      ]);
      return (context) => forEachTask('reproduce', reproduceTaskCommand, context);
    },
  },
  completion: {
    description: 'print a script that completes commands, options and their values in a shell',
    load: async () => (await import('./completion')).completionCommand,
  },
  complete: {
    description: 'what a shell’s script asks',
    hidden: true,
    load: async () => {
      const { completeCommand } = await import('./completion');
      return (_, program) => completeCommand(program);
    },
  },
};
