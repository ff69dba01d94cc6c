/** What a detector is made from, and what that comes to: configuration, names of classes, weights. */
import { cocoClassNames } from '@icconv/coco';
import type { DilationPattern } from '@icconv/inception-conv';
import { type PatternName, type ResNetConfig, type ResNetDepth, resnetConfig, type StateDict } from '@icconv/models';
import { ModelFileError } from '@icconv/models/files';
import { checkpointEpsilon } from '@icconv/models/registry';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { readDetectorModel } from '../config/model-file';
import { fasterRcnnConfig, type Preset } from '../config/presets';
import { checkpointClasses } from '../weights/checkpoint-classes';

/** A trained detector's folder, as `icconv train detection` writes it. */
export interface FolderSource {
  readonly model: string;
  /** @defaultValue model, best or final.safetensors in the folder */
  readonly weights?: string;
}

/** A checkpoint, and what it belongs to. */
export interface CheckpointSource {
  /** A depth for an ordinary ResNet. */
  readonly backbone: ResNetConfig | ResNetDepth;
  /** Dilations of the backbone's 3x3 convolutions. @defaultValue plain convolutions */
  readonly pattern?: PatternName | DilationPattern;
  /** A file of torchvision, mmdetection, detectron2 or our own; or loaded weights by torchvision's names, which stay the caller's. */
  readonly weights: string | StateDict;
  /** Names of the classes by number, or their number. @defaultValue as many as the weights have, by COCO's names where they are 80 or 90 */
  readonly classes?: readonly string[] | number;
  /** Whose conventions. @defaultValue `'torchvision'` */
  readonly preset?: Preset;
  /**
   * Added to the variances in the backbone's batch norms. No checkpoint says it, and a wrong one costs accuracy: give 0 for weights that were
   * trained on from torchvision's `COCO_V1`. @defaultValue the backbone's; 0 for the published files of torchvision that have it, which are
   * known by name or checksum; else 1e-5
   */
  readonly batchNormEpsilon?: number;
}

/** As {@link CheckpointSource}, for networks that differ from the presets. */
export interface ConfigSource {
  /** All of it counts as it stands, `backbone.batchNormEpsilon` too. */
  readonly config: FasterRcnnConfig;
  readonly weights: string | StateDict;
  readonly classes: readonly string[];
}

export type DetectorSource = FolderSource | CheckpointSource | ConfigSource;

/** How weight files are read. */
type Reading = Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>;

export interface ResolvedDetector {
  readonly config: FasterRcnnConfig;
  readonly classes: readonly string[];
  readonly weights: string | StateDict;
}

/** @throws {@link ModelFileError}, {@link InvalidArgumentError} */
export async function resolveDetector(source: DetectorSource & Reading): Promise<ResolvedDetector> {
  const { config, classes, weights } = await find(source);
  if (classes.length !== config.classes) {
    const expected = `the network's ${config.classes} names`;
    throw new InvalidArgumentError('createDetector', 'classes', classes.length, expected);
  }
  return { config, classes, weights };
}

async function find(source: DetectorSource & Reading): Promise<ResolvedDetector> {
  if ('model' in source) {
    const found = await readDetectorModel(source.model);
    const weights = source.weights ?? found.weights;
    if (weights === undefined) throw new ModelFileError(source.model, 'no weights beside the description');
    return { config: found.config, classes: found.classes, weights };
  }
  if ('config' in source) return source;
  const { weights, preset } = source;
  const names = await namesOf(source);
  const backbone = await backboneOf(source);
  const config = fasterRcnnConfig({ backbone, classes: names.length, ...(preset !== undefined && { preset }) });
  return { config, classes: names, weights };
}

/** A number or a list of the wrong length is told here: the shapes of four tensors that do not fit say less. */
async function namesOf({
  weights,
  classes,
  opaqueClasses,
  limits,
}: CheckpointSource & Reading): Promise<readonly string[]> {
  const count = await checkpointClasses(weights, { opaqueClasses, limits });
  const given = typeof classes === 'number' ? classes : classes?.length;
  if (given !== undefined && given !== count) {
    const background = given === count + 1 ? ' (the background is not counted)' : '';
    throw new InvalidArgumentError('createDetector', 'classes', given, `${count}, as the weights have${background}`);
  }
  if (Array.isArray(classes)) return classes;
  return cocoClassNames(count) ?? Array.from({ length: count }, (_, i) => `class ${i}`);
}

async function backboneOf(source: CheckpointSource & Reading): Promise<ResNetConfig> {
  const { backbone, pattern, weights, batchNormEpsilon, opaqueClasses, limits } = source;
  const plain = typeof backbone === 'number' ? resnetConfig(backbone) : backbone;
  const full: ResNetConfig = pattern === undefined ? plain : { ...plain, conv: { kind: 'inception', pattern } };
  const given = batchNormEpsilon ?? full.batchNormEpsilon;
  const epsilon =
    given ?? (typeof weights === 'string' ? await checkpointEpsilon(weights, { opaqueClasses, limits }) : undefined);
  return epsilon === undefined ? full : { ...full, batchNormEpsilon: epsilon };
}
