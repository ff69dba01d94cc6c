/** A Chromium without a screen, and the built page on a port of its own. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build, preview } from 'vite';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The one that `ICCONV_CHROMIUM` names, or the first on the path. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const known = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.ICCONV_CHROMIUM, ...known].find((path) => path !== undefined && existsSync(path));
}

/** Every backend in software, so that machines without a GPU have them: slow, and the same numbers. */
const SOFTWARE_GPU = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--ignore-gpu-blocklist',
];

export async function launch(executablePath: string): Promise<Browser> {
  // Containers run as root, where Chromium's sandbox does not start.
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...SOFTWARE_GPU] });
}

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the page as a visitor gets it. */
export async function buildAndServe(root: string, outDir: string): Promise<ServedPage> {
  const common = { root, configFile: join(root, 'vite.config.ts'), logLevel: 'error' } as const;
  await build({ ...common, build: { outDir, emptyOutDir: true } });
  const server = await preview({ ...common, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}
