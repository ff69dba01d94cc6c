// A peer: a Python process that does one job after another, so that contenders can take turns in one run.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts `script`, which reads one JSON object a line and answers each with one; big arrays travel in files. */
export function startPeer(python, script, args = []) {
  const path = script instanceof URL ? fileURLToPath(script) : script;
  const child = spawn(python, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the peer ${path} ended`);
      const answer = JSON.parse(value);
      if (answer.error) throw new Error(`the peer ${path}: ${answer.error}`);
      return answer;
    },
    stop() {
      child.stdin.end();
    },
  };
}
