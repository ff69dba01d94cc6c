/** A Chromium without a screen, and the built page on a port of its own. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build, type InlineConfig, preview } from 'vite';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The one that `ICCONV_CHROMIUM` names, or the first on the path. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const known = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.ICCONV_CHROMIUM, ...known].find((path) => path !== undefined && existsSync(path));
}

/** WebGL in software, so that machines without a GPU have it: slow, and the same numbers. */
export const SOFTWARE_GPU = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
/** WebGPU likewise. */
export const SOFTWARE_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export async function launch(executablePath: string, args: readonly string[]): Promise<Browser> {
  // Containers run as root, where Chromium's sandbox does not start.
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Builds a page as a visitor gets it. */
export async function buildAndServe({
  outDir,
  ...page
}: InlineConfig & { readonly outDir: string }): Promise<ServedPage> {
  const common = { ...page, logLevel: 'error' } as const;
  await build({ ...common, build: { ...page.build, outDir, emptyOutDir: true } });
  const server = await preview({
    ...common,
    build: { outDir },
    preview: { ...page.preview, port: 0, host: '127.0.0.1' },
  });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}
