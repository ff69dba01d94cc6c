/** The one description of a classifier of whole pictures: network, input, names of the classes. Plain data. */
import type { BackboneConfig, ResNetConfig } from '@icconv/models';
import type { ClassifierInput } from '@icconv/task';

export interface ClassifierConfig {
  readonly backbone: BackboneConfig;
  /** As torchvision's `ImageClassification` takes it. */
  readonly input: ClassifierInput;
}

/** What `model.json` says of a classifier. */
export interface ClassifierModel {
  readonly config: ClassifierConfig;
  /** Names of the classes by number, two at least. */
  readonly classes: readonly string[];
}

/** The network with its last layer, as `resnet` takes it. */
export const resnetOf = ({ config, classes }: ClassifierModel): ResNetConfig => ({
  ...config.backbone,
  classes: classes.length,
});
