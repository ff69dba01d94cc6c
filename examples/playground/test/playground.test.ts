/** The built page in a browser: what it finds is what Node finds. Skipped where there is no Chromium. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDetector, type DetectionResult } from '@icconv/detection/node';
import type { PoseResult } from '@icconv/pose';
import { createPoseEstimator } from '@icconv/pose/node';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SAMPLES } from '../src/samples';
import { buildAndServe, findChromium, launch, type ServedPage, SOFTWARE_GPU, SOFTWARE_WEBGPU } from './browser';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'node_modules/.test-page');
const CHROMIUM = findChromium();
/** A GPU made of software on a busy machine. */
const PATIENCE = 1_200_000;
/** Pixels of boxes and keypoints, and scores. */
const TOLERANCE = 1e-3;

/** Inputs of a quarter of the pixels, for GPUs made of software: values of the networks' configurations. */
const SMALL = { digits: { minSize: 160, maxSize: 160 }, figures: { size: 128 } };

interface Found {
  readonly detection: DetectionResult;
  readonly pose: PoseResult;
}

let served: ServedPage;
let browser: Browser;
/** What Node finds, with the demo's networks and with small inputs. */
let native: Found;
let nativeSmall: Found;

const sample = (task: 'detection' | 'pose') => readFile(join(ROOT, `public/samples/${task}-${SAMPLES[task][0]}.png`));

async function findNative(small: boolean): Promise<Found> {
  const model = (name: string) => join(ROOT, '..', name, 'model');
  const detector = await createDetector({
    model: model('digits'),
    ...(small && { changes: { input: SMALL.digits } }),
  });
  const estimator = await createPoseEstimator({
    model: model('figures'),
    ...(small && { changes: { input: SMALL.figures } }),
  });
  const found = {
    detection: await detector.detect(await sample('detection'), { scoreThreshold: 0.6 }),
    pose: await estimator.estimate(await sample('pose'), { flip: false, scoreThreshold: 0.4 }),
  };
  await detector.dispose();
  await estimator.dispose();
  return found;
}

/** Gives the page the networks with small inputs. */
async function serveSmall(page: Page): Promise<void> {
  for (const [name, input] of Object.entries(SMALL)) {
    const model = JSON.parse(await readFile(join(ROOT, '..', name, 'model/model.json'), 'utf8'));
    Object.assign(model.config.input, input);
    await page.route(`**/models/${name}/model.json`, (route) => route.fulfill({ json: model }));
  }
}

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  beforeAll(async () => {
    await import('../scripts/assets');
    served = await buildAndServe({ root: ROOT, configFile: join(ROOT, 'vite.config.ts'), outDir: OUT });
    browser = await launch(CHROMIUM!, [...SOFTWARE_GPU, ...SOFTWARE_WEBGPU]);
    native = await findNative(false);
    nativeSmall = await findNative(true);
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await rm(OUT, { recursive: true, force: true });
  });

  // WebGL's textures are held to 4096 pixels a side, which every device has.
  test.each([
    { backend: 'wasm', flags: '', small: false },
    { backend: 'webgl', flags: '&tfjsflags=WEBGL_MAX_TEXTURE_SIZE:4096', small: true },
    { backend: 'webgpu', flags: '', small: true },
  ])(
    'on $backend finds what Node finds',
    async ({ backend, flags, small }) => {
      const onBackend = async (page: Page) => {
        if (await page.locator(`#backend option[value=${backend}]`).isDisabled()) throw new Error(`no ${backend} here`);
        await settled(page);
        expect(await page.inputValue('#backend')).toBe(backend);
        // The page is isolated from other origins, so that wasm has threads.
        expect(page.workers().length > 0).toBe(backend === 'wasm');
        const expected = small ? nativeSmall : native;
        const detections = (await result(page)) as DetectionResult;
        expect(detections.detections.length).toBeGreaterThan(2);
        expectClose(detections, expected.detection);
        expect(await page.locator('#picture svg rect').count()).toBeGreaterThan(2);

        await go(page, 'pose');
        const poses = (await result(page)) as PoseResult;
        expect(poses.poses.length).toBeGreaterThan(0);
        expectClose(poses, expected.pose);
        expect(await page.locator('#picture svg circle').count()).toBeGreaterThan(5);
      };
      await onPage(`?backend=${backend}${flags}`, onBackend, small ? serveSmall : undefined);
    },
    PATIENCE,
  );

  test(
    'a backend that does not start is passed over',
    async () => {
      await onPage(
        '',
        async (page) => {
          await settled(page);
          expect(await page.locator('#backend option[value=webgpu]').textContent()).toBe(
            'WebGPU (does not serve here)',
          );
          expect(await page.inputValue('#backend')).toBe('wasm');
          expectClose(await result(page), native.detection);
        },
        // An adapter that has nothing, and no WebGL.
        (page) =>
          page.addInitScript(() => {
            const { getContext } = HTMLCanvasElement.prototype;
            Object.defineProperty(navigator, 'gpu', { value: { requestAdapter: async () => ({}) } });
            HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...given: [string]) {
              return given[0].startsWith('webgl') ? null : getContext.apply(this, given as never);
            } as typeof getContext;
          }),
      );
    },
    PATIENCE,
  );

  test(
    'the receptive field of the inception network is the wider one',
    async () => {
      await onPage('?backend=wasm', async (page) => {
        await settled(page);
        await go(page, 'field');
        const extent = async (kind: string) => {
          const text = await page.locator(`#extent-${kind}`).textContent();
          return Number(/±([\d.]+)/.exec(text!)![1]);
        };
        expect(await extent('plain')).toBeGreaterThan(5);
        expect(await extent('inception')).toBeGreaterThan(1.2 * (await extent('plain')));
      });
    },
    PATIENCE,
  );

  test(
    'a wrong picture, a wrong network: what is wrong, and the page goes on',
    async () => {
      await onPage('?backend=wasm', async (page) => {
        await settled(page);
        const give = async (input: string, files: { name: string; content: string }[]) => {
          await forget(page);
          const buffers = files.map(({ name, content }) => ({ name, mimeType: '', buffer: Buffer.from(content) }));
          await page.setInputFiles(input, buffers);
          await settled(page);
          return page.locator('#error').textContent();
        };
        expect(await give('#file', [{ name: 'a.png', content: 'no picture' }])).toContain(
          'no picture that the browser',
        );
        expect(await give('#model', [{ name: 'model.json', content: '{}' }])).toContain(
          'a .safetensors file, received model.json',
        );
        const description = { name: 'model.json', content: '{"format":"icconv-detector/9"}' };
        const weights = { name: 'w.safetensors', content: 'no weights' };
        expect(await give('#model', [description, weights])).toContain(
          'expected "icconv-detector/1", a detector\'s, received',
        );
        await go(page, 'pose');
        expectClose(await result(page), native.pose);
      });
    },
    PATIENCE,
  );

  test(
    'the latest wish is the last, and a scene that does not come is told',
    async () => {
      await onPage('?backend=wasm', async (page) => {
        await settled(page);
        await forget(page);
        const scenes = '**/samples/pose-*.png';
        await page.route(scenes, (route) => setTimeout(() => route.continue(), 1000));
        await page.click('#tab-pose');
        await page.click('#tab-detection');
        await page.waitForTimeout(1500);
        await settled(page);
        expectClose(await result(page), native.detection);
        expect(await page.locator('#samples img').first().getAttribute('src')).toContain('detection-');

        await page.unroute(scenes);
        await page.route(scenes, (route) => route.abort());
        await go(page, 'pose');
        expect(await page.locator('#error').textContent()).toContain('The scene cannot be fetched');
        await page.unroute(scenes);
        await go(page, 'detection');
        expectClose(await result(page), native.detection);
      });
    },
    PATIENCE,
  );

  test(
    'a network of one’s own takes the page to its task',
    async () => {
      await onPage('?backend=wasm', async (page) => {
        await settled(page);
        await forget(page);
        const files = ['model.json', 'model.safetensors'].map((name) => join(ROOT, '../figures/model', name));
        await page.setInputFiles('#model', files);
        await page.waitForSelector('#tab-pose[aria-selected=true]');
        await settled(page);
        expect(await page.locator('#error').isHidden()).toBe(true);
        expect(await result(page)).toHaveProperty('poses');
        await forget(page);
        await page.locator('#samples button').first().click();
        await settled(page);
        expectClose(await result(page), native.pose);
      });
    },
    PATIENCE,
  );
});

/** @param prepare - before the page is opened. */
async function onPage(
  query: string,
  use: (page: Page) => Promise<unknown>,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<void> {
  const page = await browser.newPage();
  await prepare?.(page);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  // Nothing is fetched from elsewhere.
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(served.url)) faults.push(request.url());
  });
  try {
    await page.goto(served.url + query);
    await use(page);
    expect(faults).toEqual([]);
  } finally {
    await page.close();
  }
}

/** Waits for a result, or for what went wrong. */
async function settled(page: Page): Promise<void> {
  const done = () => {
    const status = document.querySelector('#status')!.textContent!;
    const failed = !document.querySelector<HTMLElement>('#error')!.hidden;
    return !document.body.classList.contains('busy') && (failed || (status !== '' && !status.endsWith('...')));
  };
  await page.waitForFunction(done, undefined, { timeout: PATIENCE });
}

const forget = (page: Page) =>
  page.evaluate(() => {
    document.querySelector('#status')!.textContent = '';
    document.querySelector<HTMLElement>('#error')!.hidden = true;
  });

async function go(page: Page, tab: string): Promise<void> {
  await forget(page);
  await page.click(`#tab-${tab}`);
  await settled(page);
}

const result = async (page: Page): Promise<unknown> => JSON.parse((await page.locator('#json').textContent())!);

/** Every number by the tolerance, everything else exactly. */
function expectClose(found: unknown, expected: unknown, place = 'result'): void {
  if (typeof expected === 'number') {
    expect(Math.abs((found as number) - expected), place).toBeLessThan(TOLERANCE);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(found as object), place).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectClose((found as Record<string, unknown>)[key], value, `${place}.${key}`);
    }
  } else expect(found, place).toEqual(expected);
}
