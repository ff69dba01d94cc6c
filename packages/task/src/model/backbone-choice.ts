/** The backbone of a checkpoint that has no description. */
import type { DilationPattern } from '@icconv/inception-conv';
import { type PatternName, type ResNetConfig, type ResNetDepth, resnetConfig, type StateDict } from '@icconv/models';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { checkpointEpsilon } from '../zoo/checkpoint-epsilon';

export interface BackboneChoice {
  /** A depth for an ordinary ResNet. */
  readonly backbone: ResNetConfig | ResNetDepth;
  /** Dilations of the backbone's 3x3 convolutions. @defaultValue plain convolutions */
  readonly pattern?: PatternName | DilationPattern;
  /**
   * Added to the variances in the backbone's batch norms. No checkpoint says it, and a wrong one costs accuracy: give 0 for weights that were
   * trained on from torchvision's `COCO_V1`. @defaultValue the backbone's; 0 for the published files of torchvision that have it, which are
   * known by name or checksum; else 1e-5
   */
  readonly batchNormEpsilon?: number;
}

/** @param weights - the checkpoint: of published ones the epsilon is known. */
export async function chosenBackbone(
  { backbone, pattern, batchNormEpsilon }: BackboneChoice,
  weights: string | Readonly<StateDict>,
  reading: OpenWeightsOptions,
): Promise<ResNetConfig> {
  const plain = typeof backbone === 'number' ? resnetConfig(backbone) : backbone;
  const full: ResNetConfig = pattern === undefined ? plain : { ...plain, conv: { kind: 'inception', pattern } };
  const given = batchNormEpsilon ?? full.batchNormEpsilon;
  const epsilon = given ?? (typeof weights === 'string' ? await checkpointEpsilon(weights, reading) : undefined);
  return epsilon === undefined ? full : { ...full, batchNormEpsilon: epsilon };
}
