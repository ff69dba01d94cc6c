/**
 * Every published checkpoint, found by its name as a user finds it, is what its publisher says: network, classes, preprocessing, thresholds,
 * figures, file. Fixture by tooling/reference/make_zoo.py.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClassifierModel } from '@icconv/classification';
import { type FasterRcnnConfig, fasterRcnnShapes } from '@icconv/detection';
import { BATCH_NORM_EPSILON, type ResNetConfig, resnetBlocks, resnetConvs } from '@icconv/models';
import type { PoseConfig } from '@icconv/pose';
import { BACKBONES, fetchRow, findRow, resolveModel, rowPath, type ZooRow } from '@icconv/task';
import type { DownloadFileOptions } from '@icconv/tensor-ops/download';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TASKS } from '../../src/tasks';

/** Whatever lies in the cache counts as the right file: the real ones have some 100 MB each. */
const asked = vi.hoisted(() => [] as DownloadFileOptions[]);
vi.mock('@icconv/tensor-ops/download', async (original) => ({
  ...(await original<typeof import('@icconv/tensor-ops/download')>()),
  async downloadFile(options: DownloadFileOptions) {
    asked.push(options);
    expect(existsSync(options.path), options.path).toBe(true);
    return false;
  },
}));

type Judged = Readonly<Record<string, unknown>> & {
  readonly file: object | null;
  readonly metric: object;
  readonly classes: readonly string[] | number;
};
const { rows: judged } = JSON.parse(readFileSync(new URL('fixtures/zoo.json', import.meta.url), 'utf8')) as {
  readonly rows: Readonly<Record<string, Readonly<Record<string, Judged>>>>;
};

/** The classifiers are the backbones, each with its classes. */
const judgedOf = (kind: string) => judged[kind === 'classification' ? 'backbone' : kind]!;

const cache = mkdtempSync(join(tmpdir(), 'icconv-zoo-'));
beforeAll(() => vi.stubEnv('ICCONV_CACHE', cache));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** Measured on the network that the configuration comes to. */
function resnetFacts(config: ResNetConfig) {
  const [blocks, convs] = [resnetBlocks(config), resnetConvs(config)];
  const counts = [1, 2, 3, 4].map((stage) => blocks.filter((block) => block.stage === stage).length);
  const basic = blocks[0]!.convs.length === 2;
  const inner = convs.find(({ name }) => name === 'layer1.0.conv2')!;
  const strided = convs.find(({ name, stride }) => name.startsWith('layer2.0.conv') && stride === 2)!;
  const inception = convs.some(({ kind }) => kind === 'inception');
  return {
    depth: counts.reduce((sum, count) => sum + count * (basic ? 2 : 3), 2),
    blocks: counts,
    block: basic ? 'basic' : 'bottleneck',
    width: convs[0]!.outChannels,
    groups: inner.groups,
    groupWidth: inner.outChannels / inner.groups,
    stridePlacement: basic || strided.name === 'layer2.0.conv2' ? 'pytorch' : 'caffe',
    batchNormEpsilon: only(convs.map(({ epsilon = BATCH_NORM_EPSILON }) => epsilon)),
    pattern: inception ? (config.conv as { readonly pattern: string }).pattern : null,
  };
}

function only<T>(values: readonly T[]): T {
  expect(new Set(values).size).toBe(1);
  return values[0]!;
}

const FACTS: Readonly<Record<string, (model: never) => object>> = {
  backbone({ config: { backbone, ...rest } }: (typeof BACKBONES)[number]['model']) {
    return { ...rest, backbone: resnetFacts(backbone), classes: 1000 };
  },
  classification({ config, classes }: ClassifierModel) {
    return { ...config, backbone: resnetFacts(config.backbone), classes: new Set(classes).size };
  },
  detection({ config, classes }: { readonly config: FasterRcnnConfig; readonly classes: readonly string[] }) {
    expect(config.classes).toBe(classes.length);
    // torchvision calls all of the ids that COCO does not use the same; here each has a name of its own.
    const theirs = classes.map((name, i) => (name === `unused ${i + 1}` ? 'N/A' : name));
    return { ...config, backbone: resnetFacts(config.backbone), classes: theirs };
  },
  pose({ config }: { readonly config: PoseConfig }) {
    const { edges, sigmas, ...skeleton } = config.skeleton;
    const sorted = edges.map((edge) => [...edge].sort((a, b) => a - b)).sort(([a, b], [c, d]) => a! - c! || b! - d!);
    return {
      ...config,
      backbone: resnetFacts(config.backbone),
      skeleton: { ...skeleton, edges: sorted, sigmas: sigmas.map((sigma) => expect.closeTo(sigma, 12)) },
    };
  },
};

const zoos: Readonly<Record<string, readonly ZooRow<never>[]>> = {
  backbone: BACKBONES as readonly ZooRow<never>[],
  ...Object.fromEntries(TASKS.map(({ task }) => [task.name, task.zoo as readonly ZooRow<never>[]])),
};

/** As `createRunner` and `loadBackbone` find it, offline. */
async function found(kind: string, name: string, weights?: string) {
  const own = TASKS.find(({ task }) => task.name === kind);
  if (own !== undefined) {
    return resolveModel(own.task, weights === undefined ? name : { model: name, weights }, { offline: true });
  }
  const row = findRow(BACKBONES, name, 'backbone');
  return { model: row.model, weights: weights ?? (await fetchRow(row, { offline: true })).path };
}

describe.each(Object.entries(zoos))('%s', (kind, zoo) => {
  test('the zoo has the rows of the table, and no others', () => {
    expect(zoo.map(({ name }) => name).sort()).toEqual(Object.keys(judgedOf(kind)).sort());
  });

  test.each(zoo.map((row) => [row.name, row] as const))('%s', async (name, row) => {
    const { file, metric, norms, ...expected } = judgedOf(kind)[name]!;
    expect(row.metric.values).toEqual(metric);
    let model: unknown;
    if (file === null) {
      await expect(found(kind, name)).rejects.toThrow(/by hand:\n {2}1\. /);
      ({ model } = await found(kind, name, 'taken-out.pth'));
    } else {
      expect(row.file).toEqual(file);
      const path = rowPath(row);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
      asked.length = 0;
      const resolved = await found(kind, name);
      expect(resolved.weights).toBe(path);
      const { bytes: _, ...wanted } = file as { readonly bytes?: number };
      expect(asked).toEqual([{ ...wanted, name, path, offline: true }]);
      ({ model } = resolved);
      // The file itself says the same.
      if (kind !== 'backbone') expect((await found(kind, path)).model).toEqual(model);
    }
    const facts = FACTS[kind]!(model as never);
    expect(expected).toEqual(facts);
    if (norms !== undefined) {
      const shapes = fasterRcnnShapes((model as { readonly config: FasterRcnnConfig }).config);
      const ours = Object.keys(shapes).filter((weight) => weight.endsWith('.running_mean'));
      expect(ours.map((weight) => weight.slice(0, -'.running_mean'.length)).sort()).toEqual(norms);
    }
  });
});
