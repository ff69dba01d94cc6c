import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VisionError } from '@icconv/tensor-ops';
import { bundled } from '@icconv/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../src/program';
import { reportFailure } from '../src/ui/failure';

const bin = await bundled(fileURLToPath(new URL('../src/bin.ts', import.meta.url)));

function icconv(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('icconv', () => {
  it('prints its version and its commands', async () => {
    const program = await createProgram({ signal: new AbortController().signal });
    expect(program.commands.map((command) => command.name())).toEqual(expect.arrayContaining(['setup', 'doctor']));
    for (const command of program.commands) expect(command.description(), command.name()).not.toBe('');
  });

  it('refuses an unknown device and an unknown command with exit code 1', () => {
    expect(icconv(['setup', '--device', 'tpu'])).toMatchObject({ status: 1, stderr: expect.stringContaining('tpu') });
    expect(icconv(['detekt'])).toMatchObject({ status: 1, stderr: expect.stringContaining('unknown command') });
  });
});

describe('icconv setup', () => {
  it('--offline with an empty cache says what is missing, exits with 1, and writes nothing', () => {
    const cache = mkdtempSync(join(tmpdir(), 'icconv-cli-'));
    const result = icconv(['setup', '--offline'], { ICCONV_CACHE: cache });
    rmSync(cache, { recursive: true });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/error.*engine set-up \(download\): .*\.whl is not in the cache[\s\S]*remedy: /);
    expect(result.stderr).not.toMatch(/ {4}at /);
  });

  it('names a folder that is no TensorFlow', () => {
    const result = icconv(['setup', '--libtensorflow', '/nonexistent']);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/\/nonexistent does not hold libtensorflow_cc/);
  });
});

describe('icconv doctor', () => {
  it('gives the same findings as text and as JSON, and an exit code by the engine', () => {
    const result = icconv(['doctor', '--json']);
    const { ok, findings } = JSON.parse(result.stdout) as {
      ok: boolean;
      findings: { subject: string; state: string }[];
    };
    const subjects = ['Node', 'machine', 'compiler', 'tfjs-node-gpu', 'engine', 'GPU', 'cache'];
    expect(findings.map((finding) => finding.subject)).toEqual(expect.arrayContaining(subjects));
    expect(ok).toBe(findings.every((finding) => finding.state !== 'error'));
    expect(result.status).toBe(ok ? 0 : 1);
  });

  it('without a compiler, warns with the command that installs one', () => {
    const result = icconv(['doctor', '--json'], { PATH: '/nonexistent', CXX: '' });
    const { findings } = JSON.parse(result.stdout);
    const compiler = findings.find((finding: { subject: string }) => finding.subject === 'compiler');
    expect(compiler).toMatchObject({ state: 'warning', remedy: expect.stringContaining('apt-get install g++') });
  });
});

describe('reportFailure', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('shows the message of an expected error, the stack of ours, and 130 for Ctrl-C', () => {
    const lines: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
    expect(reportFailure(new VisionError('X', 'what, where'))).toBe(1);
    expect(lines.at(-1)).toMatch(/what, where$/);
    expect(reportFailure(new Error('boom'))).toBe(1);
    expect(lines.at(-1)).toMatch(/boom\n {4}at /);
    expect(reportFailure(new DOMException('stop', 'AbortError'))).toBe(130);
    expect(reportFailure(new Error('interrupted'))).toBe(130);
  });
});

describe('Ctrl-C during a set-up', () => {
  it('ends with 130 and leaves nothing unfinished', () => {
    // A pip that never ends stands for a slow download.
    const folder = mkdtempSync(join(tmpdir(), 'icconv-cli-'));
    const script = `
      mkdir -p ${folder}/bin && printf '#!/bin/sh\\n[ "$1" = --version ] && exit 0\\nexec sleep 30\\n' > ${folder}/bin/pip3 && chmod +x ${folder}/bin/pip3
      PATH=${folder}/bin:$PATH ICCONV_CACHE=${folder}/cache ${process.execPath} ${bin} setup --device cpu > ${folder}/log 2>&1 &
      pid=$!
      for i in $(seq 100); do grep -q download ${folder}/log 2>/dev/null && break; ls ${folder}/cache/downloads/.tmp* > /dev/null 2>&1 && break; sleep 0.1; done
      kill -INT $pid; wait $pid; echo "code $?"; find ${folder}/cache -name '.tmp*'; cat ${folder}/log`;
    const out = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(out).toMatch(/^code 130\n/);
    expect(out).not.toContain('.tmp-');
    expect(out).toContain('interrupted');
  });
});
