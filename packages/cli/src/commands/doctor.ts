/** `icconv doctor`: what this machine has, what is missing, and the command that mends it. */
import { examineMachine, type Finding } from '@icconv/tensor-ops/doctor';
import { Command } from 'commander';
import pc from 'picocolors';
import type { CommandContext } from '../context';

const MARKS = { ok: pc.green('ok  '), warning: pc.yellow('warn'), error: pc.red('fail') } as const;

export function doctorCommand(_context: CommandContext): Command {
  return new Command('doctor')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const findings = await examineMachine();
      if (json) console.log(JSON.stringify({ ok: !findings.some(isError), findings }, null, 2));
      else print(findings);
      if (findings.some(isError)) process.exitCode = 1;
    });
}

const isError = (finding: Finding) => finding.state === 'error';

function print(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map((finding) => finding.subject.length));
  for (const { state, subject, detail, remedy } of findings) {
    console.log(`${MARKS[state]}  ${subject.padEnd(width)}  ${detail}`);
    if (remedy !== undefined) console.log(`      ${' '.repeat(width)}  ${pc.dim(`remedy: ${remedy}`)}`);
  }
}
