import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashedTensor, initialWeights } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ResNetConfig, resnet, resnetShapes, summary } from '../../src/index';
import {
  fetchModel,
  findModel,
  loadBackbone,
  MANUAL_MODELS,
  MODELS,
  type ModelEntry,
  modelPath,
} from '../../src/registry';
import { activate } from '../support/activate';

describe('registry', () => {
  test('names are unique, and each file name carries the checksum', () => {
    const names = [...MODELS, ...MANUAL_MODELS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, url, sha256 } of MODELS) {
      expect(name).toMatch(/^(torchvision|mmdetection|mmpose)\/[a-z0-9-]+$/);
      expect(url).toMatch(/^https:\/\/download\.(pytorch\.org|openmmlab\.com)\/.+\.pth$/);
      expect(url).toContain(`-${sha256}`);
    }
  });

  // Sizes as torchvision gives them: a config of other widths would not come near.
  test.each(MODELS.filter(({ head }) => head.kind === 'classifier').map((entry) => [entry.name, entry] as const))(
    "%s has the parameters of the publisher's file",
    (_, { config, bytes }) => {
      const elements = Object.values(resnetShapes(config)).reduce(
        (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      // Two were published in half precision.
      const size = [4, 2].map((width) => Math.abs((elements * width) / bytes! - 1));
      expect(Math.min(...size)).toBeLessThan(0.01);
      expect(summary(config, [224, 224]).params).toBeGreaterThan(10e6);
    },
  );

  test('an unknown name is answered with those of its library, a manual one with the steps', () => {
    expect(() => findModel('mmpose/resnet')).toThrow(/one of mmpose\/bottom-up-resnet50-512, .*-640, /);
    expect(() => findModel('nothing')).toThrow(/one of torchvision\/resnet18-v1, /);
    expect(() => findModel('ic-conv/ic-resnet50-k9')).toThrow(
      /1\. open https:\/\/github[\s\S]*Google Drive[\s\S]*icconv convert/,
    );
  });

  test('files lie in the cache by library', () => {
    vi.stubEnv('ICCONV_CACHE', '/cache');
    const path = modelPath(findModel('torchvision/resnet50-v1'));
    vi.unstubAllEnvs();
    expect(path).toBe('/cache/models/torchvision/resnet50-0676ba61.pth');
  });
});

const config: ResNetConfig = { block: 'basic', blocks: [1, 1, 1, 1], width: 8, classes: 5 };

describeBackends(
  'a published checkpoint',
  activate,
  () => {
    let folder: string;
    let server: Server;
    let served: Buffer;
    let asked = 0;
    let entry: ModelEntry;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'icconv-registry-'));
      const weights = initialWeights(resnetShapes(config));
      const file = await saveStateDict(weights, join(folder, 'whole.pth'), { prefix: 'backbone.body.' });
      tf.dispose(weights);
      served = readFileSync(file);
      server = createServer((_, response) => {
        asked++;
        response.end(served);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      entry = {
        ...findModel('torchvision/resnet18-v1'),
        name: 'test/small',
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/small.pth`,
        sha256: createHash('sha256').update(served).digest('hex').slice(0, 8),
        config,
        prefix: 'backbone.body.',
      };
    });
    afterAll(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });

    test('is fetched once, and loads', async () => {
      const options = { folder: join(folder, 'cache') };
      const first = await fetchModel(entry, options);
      expect(first).toMatchObject({ downloaded: true, path: join(folder, 'cache/test/small.pth') });
      const { weights, downloaded } = await loadBackbone(entry, { ...options, offline: true });
      expect([downloaded, asked]).toEqual([false, 1]);
      const x = hashedTensor<tf.Rank.R4>('image', [1, 33, 33, 3]);
      const { logits } = resnet(weights, x, config, { returns: ['logits'] });
      const original = initialWeights(resnetShapes(config));
      const { logits: expected } = resnet(original, x, config, { returns: ['logits'] });
      expect(maxRelativeError(await logits.data(), await expected.data())).toBe(0);
      tf.dispose([weights, x, logits, original, expected]);
    });

    test('of which only the features are wanted has no classifier', async () => {
      const { weights, config: found } = await loadBackbone(
        { ...entry, config: { ...entry.config, batchNormEpsilon: 0.25 } },
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
      const wrong = fetchModel(entry, { folder: join(folder, 'other'), url: entry.url.replace('models', 'mirror') });
      await expect(wrong).rejects.toMatchObject({ code: 'ICCONV_DOWNLOAD', reason: 'checksum' });
      expect(existsSync(join(folder, 'other/test/small.pth'))).toBe(false);
      expect(readdirSync(join(folder, 'other/test'))).toEqual([]);
    });
  },
  ['js'],
);
