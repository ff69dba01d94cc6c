/** The help of every command, its examples, and what shells complete. */
import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { createProgram } from '../src/program';
import { completionsOf } from '../src/ui/completions';
import { EXAMPLES, pathOf } from '../src/ui/examples';

const program = await createProgram({ signal: new AbortController().signal });
const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap((one) => leaves(one as Command));
const commands = leaves(program).filter((command) => pathOf(command) !== 'complete');

test('every command has examples, and nothing else has', () => {
  expect(commands.map(pathOf).sort()).toEqual(Object.keys(EXAMPLES).sort());
});

describe.each(commands.map((command) => [pathOf(command), command] as const))('icconv %s', (path, command) => {
  test('shows its examples in its help', () => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    for (const example of EXAMPLES[path]!) expect(help).toContain(`\n  ${example}\n`);
  });

  test.each(EXAMPLES[path]!)('can be called so: %s', async (example) => {
    const line = example.replace(/^source <\((.*)\)$/, '$1').replace(/ > .*$/, '');
    const words = line.split(' ').slice(1);
    expect(words.slice(0, path.split(' ').length).join(' ')).toBe(path);
    // A program of its own, whose action tells that commander was content.
    const fresh = await createProgram({ signal: new AbortController().signal });
    const own = leaves(fresh).find((one) => pathOf(one) === path)!;
    const called = vi.fn();
    own
      .action(called)
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    fresh.parse(words, { from: 'user' });
    expect(called).toHaveBeenCalledOnce();
  });
});

test('the exit codes stand in the help', () => {
  let help = '';
  program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  expect(help).toMatch(/Exit codes:\n {2}0 {4}done\n {2}1 .*\n {2}130 /);
  expect(help).not.toMatch(/^ {2}complete /m);
});

describe('completion', () => {
  const values = (...words: string[]) => completionsOf(program, words).candidates.map(({ value }) => value);
  const files = (...words: string[]) => completionsOf(program, words).files;

  test('commands, and those within them', () => {
    expect(values('')).toEqual(expect.arrayContaining(['detect', 'train', 'completion']));
    expect(values('')).not.toContain('complete');
    expect(values('trai')).toEqual(['train']);
    expect(values('train', '')).toEqual(['detection', 'pose', 'classification', 'help']);
    expect(values('train', 'detection', '')).toEqual([]);
    expect([files('tr'), files('train', 'detection', '')]).toEqual([false, false]);
  });

  test('options with what they are for, and values where there is a choice', () => {
    expect(values('train', 'detection', '--re')).toEqual(['--resume']);
    const [resume] = completionsOf(program, ['train', 'detection', '--resu']).candidates;
    expect(resume!.description).toContain('go on');
    expect(values('train', 'detection', '--preset', '')).toEqual(['coco-1x', 'small']);
    expect(values('train', 'detection', '--resume', '--preset', 'co')).toEqual(['coco-1x']);
    expect(values('reproduce', 'pose', '--model', 'mmpose/bottom-up-resnet50-640')).not.toEqual([]);
    expect(values('schema', '')).toEqual(['detection', 'pose', 'classification', 'search']);
  });

  test('files where a file is meant, however many', () => {
    expect(files('train', 'detection', '--config', '')).toBe(true);
    expect(files('train', 'detection', '--preset', '')).toBe(false);
    expect([files('detect', ''), files('detect', 'a.jpg', '--json', 'b')]).toEqual([true, true]);
    expect([files('inspect', ''), files('inspect', 'a.pth', '')]).toEqual([true, false]);
  });

  const scriptFor = async (shell: string): Promise<string> => {
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    await (await createProgram({ signal: new AbortController().signal }, ['completion'])).parseAsync(
      ['completion', shell],
      { from: 'user' },
    );
    const script = printed.mock.lastCall![0] as string;
    printed.mockRestore();
    return script;
  };

  test('bash runs the script and shows what it is told', async () => {
    // Stand for the program, whose answers are above, and for the package bash-completion.
    const program = `icconv() { [ "$*" = "complete -- train " ] && printf 'detection\\tboxes\\npose\\tpeople\\n:4\\n'; }
      compopt() { :; }
      _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur="\${COMP_WORDS[COMP_CWORD]}"; prev="\${COMP_WORDS[COMP_CWORD-1]}"
      }`;
    const shell = `${program}
      ${await scriptFor('bash')}
      COMP_WORDS=(icconv train ""); COMP_CWORD=2; COMP_LINE="icconv train "; COMP_POINT=13; COMP_TYPE=9
      $(complete -p icconv | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, status, stderr } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^detection/m);
    expect(stdout).toMatch(/^pose/m);
  });

  test.each(['zsh', 'fish'])('%s has a script that asks the program', async (shell) => {
    expect(await scriptFor(shell)).toContain('icconv complete --');
  });
});
