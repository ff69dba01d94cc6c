/**
 * Fetches wheels: by `pip download` where pip exists, because it knows the user's index, proxy and certificates; else from the
 * package index that the environment names, by its JSON API (PEP 691).
 */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../errors/setup-error';
import { exists, folderBytes, publish, temporaryName } from '../files/cache-files';
import { sha256OfFile } from '../files/checksum';
import { downloadFile } from '../files/download-file';
import type { OnSetupProgress } from './progress';
import { run } from './run';
import type { Wheel } from './wheels';

export interface DownloadOptions {
  readonly folder: string;
  readonly offline: boolean;
  readonly onProgress: OnSetupProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Path of the checked wheel file in `folder`, downloaded if it is not there yet. */
export async function obtainWheel(wheel: Wheel, options: DownloadOptions): Promise<string> {
  const path = join(options.folder, wheel.file);
  if ((await exists(path)) && (await sha256OfFile(path)) === wheel.sha256) return path;
  if (options.offline) {
    throw new SetupError(
      'download',
      `${wheel.file} is not in the cache (${options.folder}) and --offline forbids to fetch it`,
      `run the set-up once without --offline, put the file there, or name a libtensorflow folder with --libtensorflow`,
    );
  }
  await mkdir(options.folder, { recursive: true });
  const temporary = temporaryName(path);
  const failures: string[] = [];
  try {
    for (const source of [fromPip, fromIndex]) {
      try {
        const file = await source(wheel, temporary, options);
        const sum = await sha256OfFile(file);
        if (sum !== wheel.sha256) {
          throw new Error(`checksum of ${wheel.file} is ${sum}, expected ${wheel.sha256}: the file was cut or changed`);
        }
        await publish(file, path);
        return path;
      } catch (error) {
        options.signal?.throwIfAborted();
        failures.push((error as Error).message);
      }
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  throw new SetupError(
    'download',
    `${wheel.file} could not be fetched:\n    - ${failures.join('\n    - ')}`,
    'check the network or proxy, install pip, or set ICCONV_PYTHON_INDEX to the address of a Python package index ' +
      '(its simple API); or name a libtensorflow folder of your own with --libtensorflow',
  );
}

async function fromPip(wheel: Wheel, temporary: string, options: DownloadOptions): Promise<string> {
  const pip = await findPip();
  if (pip === undefined) throw new Error('pip: none found (looked for pip3, pip and python3 -m pip)');
  // pip's own progress output differs between versions; bytes on disk do not. It downloads inside TMPDIR, then moves.
  await mkdir(temporary, { recursive: true });
  const scratch = join(temporary, 'pip');
  await mkdir(scratch);
  const timer = setInterval(() => {
    void folderBytes(temporary).then((done) => report(wheel, Math.min(done, wheel.bytes), options));
  }, 250);
  try {
    const tags = wheel.file.slice(0, -'.whl'.length).split('-').slice(2) as [string, string, string];
    const python = /^cp3(\d+)$/.exec(tags[0]);
    await run(
      pip[0]!,
      [
        ...pip.slice(1),
        'download',
        '--disable-pip-version-check',
        '--no-deps',
        '--no-cache-dir',
        '--only-binary=:all:',
        ...(python ? ['--implementation', 'cp', '--python-version', `3.${python[1]}`, '--abi', tags[1]] : []),
        ...tags[2].split('.').flatMap((tag) => ['--platform', tag]),
        '--dest',
        temporary,
        `${wheel.distribution}==${wheel.version}`,
      ],
      { env: { ...process.env, TMPDIR: scratch }, signal: options.signal },
    );
  } catch (error) {
    throw new Error(`pip: ${(error as Error).message.trim().split('\n').slice(-2).join(' ')}`);
  } finally {
    clearInterval(timer);
  }
  report(wheel, wheel.bytes, options);
  return join(temporary, wheel.file);
}

async function findPip(): Promise<string[] | undefined> {
  for (const command of [['pip3'], ['pip'], ['python3', '-m', 'pip']]) {
    const works = await new Promise<boolean>((resolve) => {
      const child = spawn(command[0]!, [...command.slice(1), '--version'], { stdio: 'ignore' });
      child.on('error', () => resolve(false));
      child.on('close', (code) => resolve(code === 0));
    });
    if (works) return command;
  }
  return undefined;
}

async function fromIndex(wheel: Wheel, temporary: string, options: DownloadOptions): Promise<string> {
  const index = process.env.ICCONV_PYTHON_INDEX ?? process.env.PIP_INDEX_URL ?? process.env.UV_INDEX_URL;
  if (!index) throw new Error('package index: none named (ICCONV_PYTHON_INDEX, PIP_INDEX_URL)');
  try {
    const page = await fetch(`${index.replace(/\/$/, '')}/${wheel.distribution}/`, {
      headers: { accept: 'application/vnd.pypi.simple.v1+json' },
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (!page.ok) throw new Error(`answered ${page.status} for ${wheel.distribution}`);
    const { files } = (await page.json()) as { files: { filename: string; url: string }[] };
    const found = files.find((file) => file.filename === wheel.file);
    if (found === undefined) throw new Error(`does not list ${wheel.file}`);
    await mkdir(temporary, { recursive: true });
    const file = join(temporary, wheel.file);
    await downloadFile({
      url: new URL(found.url, page.url).href,
      path: file,
      sha256: wheel.sha256,
      onProgress: ({ phase, done }) => phase === 'download' && report(wheel, done, options),
      signal: options.signal,
    });
    return file;
  } catch (error) {
    throw new Error(`package index ${index}: ${(error as Error).message}`);
  }
}

function report(wheel: Wheel, done: number, options: DownloadOptions): void {
  options.onProgress({ phase: 'download', label: `${wheel.distribution} ${wheel.version}`, done, total: wheel.bytes });
}
