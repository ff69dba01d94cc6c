// A peer: a Python process that does one job after another, so that contenders can take turns in one run.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts `script`, which reads one JSON object a line and answers each with one (serve.py); big arrays travel in files. */
export function startPeer(python, script, args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'icconv-bench-'));
  const path = script instanceof URL ? fileURLToPath(script) : script;
  const child = spawn(python, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the peer ${path} ended`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`the peer ${path}: ${answer.error}`);
    return answer;
  };
  return {
    ask,
    async hand(request, name, write) {
      const file = join(folder, name);
      await write(file);
      await ask({ ...request, file });
      rmSync(file);
    },
    async fetch(request) {
      const out = join(folder, 'result');
      await ask({ ...request, out });
      const bytes = new Uint8Array(readFileSync(out));
      rmSync(out);
      return bytes;
    },
    folder,
    stop() {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
