/** Processes that are killed while they write: what stands there is the older conversion or the newer one, whole. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recoverFolder } from '@icconv/base/files';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';

const KILLS = Number(process.env.ICCONV_KILLS ?? 8);
const PICTURES = 60;
const folder = mkdtempSync(join(tmpdir(), 'icconv-kill-'));
const writer = join(folder, 'writer.mjs');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes one version after the other for ever: objects have the version as their category. */
const WRITER = `
import { resultsToCsv } from ${JSON.stringify(join(import.meta.dirname, '../src/convert/index.ts'))};
import { CocoDataset, CocoResults } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))};
import { saveVoc } from ${JSON.stringify(join(import.meta.dirname, '../src/node/voc-folder.ts'))};
import { saveYolo } from ${JSON.stringify(join(import.meta.dirname, '../src/node/yolo-folder.ts'))};
import { writeAtomically } from '@icconv/base/files';

const [, , kind, output] = process.argv;
const versions = [0, 1].map((version) => {
  const images = Array.from({ length: ${PICTURES} }, (_, i) => ({ id: i + 1, width: 9, height: 9, file_name: \`\${i % 7}/\${i}.jpg\` }));
  const objects = images.map(({ id }) => ({ id, image_id: id, category_id: version, bbox: [0, 0, 3, 3], score: 1 }));
  const categories = [0, 1].map((id) => ({ id, name: \`version\${id}\` }));
  return { dataset: CocoDataset.parse({ images, categories, annotations: objects }), results: CocoResults.parse(objects) };
});
for (let i = 0; ; i++) {
  const { dataset, results } = versions[i % 2];
  if (kind === 'yolo') await saveYolo(output, dataset);
  else if (kind === 'voc') await saveVoc(output, dataset);
  else await writeAtomically(output, resultsToCsv(results));
  if (i === 1) process.stdout.write('both');
}
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'writer.ts'), WRITER);
  await build({
    config: false,
    silent: true,
    entry: [join(folder, 'writer.ts')],
    outDir: folder,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    platform: 'node',
    noExternal: [/.*/],
    // Pictures are read by it, and nothing here reads any.
    external: ['sharp'],
    esbuildOptions(options) {
      options.conditions = ['icconv-source'];
      options.nodePaths = [join(import.meta.dirname, '../node_modules')];
    },
  });
}, 60_000);

/** Kills a writer some milliseconds after it has written both versions once. */
async function killed(kind: string, output: string, after: number): Promise<void> {
  const child = spawn(process.execPath, [writer, kind, output], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await new Promise((resolve) => setTimeout(resolve, after));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}

/** Contents of all files, but for the names of the classes. */
function texts(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'classes.txt')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

const versionsIn = (found: readonly string[], version: RegExp) => new Set(found.map((text) => version.exec(text)?.[1]));

test.concurrent.each([
  ['yolo', /^([01]) \S+ \S+ \S+ \S+\n$/],
  ['voc', /<name>version([01])<\/name>[\s\S]*<\/annotation>\s*$/],
] as const)(`a folder of %s after ${KILLS} kills`, { timeout: 30_000 + KILLS * 3000 }, async (kind, version) => {
  const output = join(folder, kind);
  const seen = new Set<string | undefined>();
  for (let kill = 0; kill < KILLS; kill++) {
    await killed(kind, output, (kill * 37) % 120);
    // As every reader does first.
    await recoverFolder(output);
    const found = texts(output);
    expect(found).toHaveLength(PICTURES);
    const versions = versionsIn(found, version);
    expect(versions.size).toBe(1);
    seen.add([...versions][0]);
    expect(existsSync(join(output, 'classes.txt'))).toBe(kind === 'yolo');
  }
  expect(seen.has(undefined)).toBe(false);
});

test.concurrent(`a CSV file after ${KILLS} kills`, { timeout: 30_000 + KILLS * 3000 }, async () => {
  const output = join(folder, 'results.csv');
  for (let kill = 0; kill < KILLS; kill++) {
    await killed('csv', output, (kill * 7) % 30);
    const [header, ...lines] = readFileSync(output, 'utf8').trimEnd().split('\n');
    expect(header).toBe('image_id,category_id,x,y,width,height,score');
    expect(lines).toHaveLength(PICTURES);
    expect(versionsIn(lines, /^\d+,([01]),0,0,3,3,1$/).size).toBe(1);
  }
});
