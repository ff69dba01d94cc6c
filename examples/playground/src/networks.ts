/** The networks of this page: the demo's, or a visitor's own. */
import { createDetector, type DetectionResult, detectionsSvg, type WebDetector } from '@icconv/detection/web';
import type { ResNetConfig } from '@icconv/models';
import { createPoseEstimator, type PoseResult, posesSvg, type WebPoseEstimator } from '@icconv/pose/web';

export type TaskName = 'detection' | 'pose';

export interface Source {
  /** Of `model.json`. */
  readonly model: string;
  readonly weights: string | Uint8Array;
}

/** What was found: a line a thing for the table, the drawing, and the result itself. */
export interface Found {
  readonly result: DetectionResult | PoseResult;
  readonly rows: readonly (readonly string[])[];
  readonly svg: string;
}

export interface Network {
  readonly task: TaskName;
  readonly source: Source;
  /** What its weights are named by in the file, and what the backbone is. */
  readonly backbone: { readonly prefix: string; readonly config: ResNetConfig };
  /** How pixels become the input. */
  readonly input: {
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
    readonly channels?: string;
  };
  readonly columns: readonly string[];
  run(picture: Blob, scoreThreshold: number): Promise<Found>;
  dispose(): Promise<void>;
}

export const DEMO: Readonly<Record<TaskName, Source>> = {
  detection: { model: 'models/digits/model.json', weights: 'models/digits/model.safetensors' },
  pose: { model: 'models/figures/model.json', weights: 'models/figures/model.safetensors' },
};

export async function loadNetwork(
  task: TaskName,
  source: Source,
  onProgress: (share: number | undefined) => void,
): Promise<Network> {
  const options = {
    onProgress: ({ done, total }: { readonly done: number; readonly total: number }) =>
      onProgress(total > 0 ? done / total : undefined),
  };
  if (task === 'detection') return ofDetector(source, await createDetector(source, options));
  return ofEstimator(source, await createPoseEstimator(source, options));
}

const percent = (score: number) => `${Math.round(100 * score)} %`;
const place = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(' ');

function ofDetector(source: Source, detector: WebDetector): Network {
  const { backbone, input } = detector.model.config;
  return {
    task: 'detection',
    source,
    backbone: { prefix: 'backbone.body.', config: backbone },
    input,
    columns: ['class', 'score', 'box: x1 y1 x2 y2'],
    async run(picture, scoreThreshold) {
      const result = await detector.detect(picture, { scoreThreshold });
      const rows = result.detections.map(({ label, score, box }) => [label, percent(score), place(box)]);
      return { result, rows, svg: detectionsSvg(result) };
    },
    dispose: detector.dispose,
  };
}

function ofEstimator(source: Source, estimator: WebPoseEstimator): Network {
  const { backbone, input, skeleton } = estimator.model.config;
  return {
    task: 'pose',
    source,
    backbone: { prefix: 'backbone.', config: backbone },
    input,
    columns: ['person', 'score', 'keypoints', 'box: x1 y1 x2 y2'],
    async run(picture, scoreThreshold) {
      // A mirrored figure of the demo is no such figure: its stripes are on its left.
      const result = await estimator.estimate(picture, { flip: false, scoreThreshold });
      const rows = result.poses.map(({ score, keypoints, box }, i) => {
        const seen = keypoints.filter((one) => one.score > 0).length;
        return [String(i + 1), percent(score), `${seen} of ${keypoints.length}`, place(box)];
      });
      return { result, rows, svg: posesSvg(result, skeleton) };
    },
    dispose: estimator.dispose,
  };
}

/** What the chosen files are. @throws Error in words for people. */
export async function ownNetwork(
  files: readonly File[],
): Promise<{ readonly task: TaskName; readonly source: Source }> {
  const description = files.find(({ name }) => name.endsWith('.json'));
  const weights = files.find(({ name }) => name.endsWith('.safetensors'));
  if (description === undefined || weights === undefined) {
    throw new Error(
      `expected model.json and a .safetensors file, received ${files.map(({ name }) => name).join(', ')}`,
    );
  }
  const text = await description.text();
  return {
    task: formatOf(text)?.startsWith('icconv-pose/') === true ? 'pose' : 'detection',
    source: {
      model: `data:application/json,${encodeURIComponent(text)}`,
      weights: new Uint8Array(await weights.arrayBuffer()),
    },
  };
}

/** The format's name decides; whatever else is wrong, the reader of that task says. */
function formatOf(description: string): string | undefined {
  try {
    const { format } = JSON.parse(description) as { readonly format?: unknown };
    return typeof format === 'string' ? format : undefined;
  } catch {
    return undefined;
  }
}
