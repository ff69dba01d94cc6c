import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ResNetConfig, resnet, resnetShapes, summary } from '@icconv/models';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BACKBONES, type BackboneRow, fetchRow, findRow, IMAGENET_CLASSES, loadBackbone, rowPath } from '../../src';
import { activate } from '../support/activate';

describe('the zoo', () => {
  test('names are unique, and each file name carries the checksum', () => {
    expect(new Set(BACKBONES.map(({ name }) => name)).size).toBe(BACKBONES.length);
    for (const { name, file } of BACKBONES) {
      expect(name).toMatch(/^(torchvision|ic-conv)\/[a-z0-9-]+$/);
      if (!('url' in file)) continue;
      expect(file.url).toMatch(/^https:\/\/download\.pytorch\.org\/.+\.pth$/);
      expect(file.url).toContain(`-${file.sha256}`);
    }
  });

  // Sizes as torchvision gives them: a config of other widths would not come near.
  test.each(BACKBONES.filter(({ file }) => 'url' in file).map((row) => [row.name, row] as const))(
    "%s has the parameters of the publisher's file",
    (_, { model, file }) => {
      const own = { ...model.config.backbone, classes: IMAGENET_CLASSES };
      const elements = Object.values(resnetShapes(own)).reduce(
        (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      // Two were published in half precision.
      const size = [4, 2].map((width) => Math.abs((elements * width) / (file as { bytes: number }).bytes - 1));
      expect(Math.min(...size)).toBeLessThan(0.01);
      expect(summary(own, [224, 224]).params).toBeGreaterThan(10e6);
    },
  );

  test('an unknown name is answered with the nearest, one that is fetched by hand with the steps', async () => {
    expect(() => findRow(BACKBONES, 'torchvision/resnet50', 'backbone')).toThrow(
      /a backbone's folder, or one of the zoo's, such as torchvision\/resnet50-v1, /,
    );
    await expect(fetchRow(findRow(BACKBONES, 'ic-conv/ic-resnet50-k9', 'backbone'))).rejects.toThrow(
      /1\. open https:\/\/github[\s\S]*Google Drive[\s\S]*icconv convert/,
    );
  });

  test('files lie in the cache by library', () => {
    vi.stubEnv('ICCONV_CACHE', '/cache');
    const path = rowPath(findRow(BACKBONES, 'torchvision/resnet50-v1', 'backbone'));
    vi.unstubAllEnvs();
    expect(path).toBe('/cache/models/torchvision/resnet50-0676ba61.pth');
  });
});

const config: ResNetConfig = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 };
const whole: ResNetConfig = { ...config, classes: IMAGENET_CLASSES };

describeBackends(
  'a published checkpoint',
  activate,
  () => {
    let folder: string;
    let server: Server;
    let served: Buffer;
    let asked = 0;
    let row: BackboneRow;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'icconv-registry-'));
      const weights = initialWeights(resnetShapes(whole));
      const file = await saveStateDict(weights, join(folder, 'whole.pth'));
      tf.dispose(weights);
      served = readFileSync(file);
      server = createServer((_, response) => {
        asked++;
        response.end(served);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/small.pth`;
      const sha256 = createHash('sha256').update(served).digest('hex').slice(0, 8);
      const [{ model, ...like }] = BACKBONES as [BackboneRow];
      row = {
        ...like,
        name: 'test/small',
        file: { url, sha256 },
        model: { config: { ...model.config, backbone: config } },
      };
    });
    afterAll(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });

    test('is fetched once, and loads', async () => {
      const options = { folder: join(folder, 'cache') };
      const first = await fetchRow(row, options);
      expect(first).toMatchObject({ downloaded: true, path: join(folder, 'cache/test/small.pth') });
      const { weights, downloaded } = await loadBackbone(row, { ...options, offline: true });
      expect([downloaded, asked]).toEqual([false, 1]);
      const x = hashedTensor<tf.Rank.R4>('image', [1, 33, 33, 3]);
      const { logits } = resnet(weights, x, whole, { returns: ['logits'] });
      const original = initialWeights(resnetShapes(whole));
      const { logits: expected } = resnet(original, x, whole, { returns: ['logits'] });
      expect(maxRelativeError(await logits.data(), await expected.data())).toBe(0);
      tf.dispose([weights, x, logits, original, expected]);
    });

    test('of which only the features are wanted has no classifier', async () => {
      const { weights, config: found } = await loadBackbone(
        { ...row, model: { config: { ...row.model.config, backbone: { ...config, batchNormEpsilon: 0.25 } } } },
        { folder: join(folder, 'cache'), classifier: false },
      );
      expect(found).not.toHaveProperty('classes');
      expect(Object.keys(weights)).toEqual(Object.keys(resnetShapes(found)));
      // The epsilon goes along.
      expect(found.batchNormEpsilon).toBe(0.25);
      tf.dispose(weights);
    });

    test('from a mirror is held to the same checksum', async () => {
      served = Buffer.concat([served.subarray(0, -1), Buffer.from([served.at(-1)! ^ 1])]);
      const wrong = fetchRow(row, {
        folder: join(folder, 'other'),
        url: (row.file as { url: string }).url.replace('models', 'mirror'),
      });
      await expect(wrong).rejects.toMatchObject({ code: 'ICCONV_DOWNLOAD', reason: 'checksum' });
      expect(existsSync(join(folder, 'other/test/small.pth'))).toBe(false);
      expect(readdirSync(join(folder, 'other/test'))).toEqual([]);
    });
  },
  ['js'],
);
