/**
 * The checkpoints of the paper's authors: one archive on Google Drive or Baidu, which asks for a browser, so nothing here fetches it.
 *
 * Source: github.com/yifan123/IC-Conv README.md.
 */
import type { PatternName } from '../config/pattern-names';
import type { ManualEntry, ModelTask } from './model-entry';

function entry(task: ModelTask, name: string, what: string, file: string, pattern: PatternName): ManualEntry {
  const folder = pattern.split('/')[0] === 'pose' ? 'human_pose' : 'detection';
  const figures = `pattern_zoo/${folder}/${pattern.split('/')[1]!.replaceAll('-', '_')}.json`;
  return {
    name: `ic-conv/${name}`,
    task,
    what: `${what}; dilation pattern ${pattern}`,
    steps: [
      'open https://github.com/yifan123/IC-Conv and follow the link to the model zoo in its README, on Google Drive or Baidu',
      `take ${file} out of the archive`,
      `look into it: icconv inspect ${file}`,
      `make one filter of each layer's branches, with the pattern from the same repository: icconv convert ${file} ${name}.safetensors --branches join --pattern ${figures}`,
      `or load it as it is: loadStateDict('${file}', { inceptionCounts: inceptionCounts(config) }) with the pattern '${pattern}' in the config`,
    ],
  };
}

export const MANUAL_ENTRIES: readonly ManualEntry[] = [
  entry(
    'classification',
    'ic-resnet50-k9',
    'IC-ResNet-50, ImageNet',
    'ckpt/detection/r50_imagenet_retrain/ckpt.pth.tar',
    'detection/ic-resnet50-k9',
  ),
  entry(
    'classification',
    'ic-resnet101-k9',
    'IC-ResNet-101, ImageNet',
    'ckpt/detection/r101_imagenet_retrain/ckpt.pth.tar',
    'detection/ic-resnet101-k9',
  ),
  entry(
    'detection',
    'faster-rcnn-ic-r50',
    'Faster R-CNN with IC-ResNet-50, COCO AP 38.9',
    'ckpt/detection/faster-rcnn-ic-r50/ckpt_e14.pth',
    'detection/ic-resnet50-k9',
  ),
  entry(
    'detection',
    'faster-rcnn-ic-r101',
    'Faster R-CNN with IC-ResNet-101',
    'ckpt/detection/faster-rcnn-ic-r101/ckpt_e14.pth',
    'detection/ic-resnet101-k9',
  ),
  entry(
    'pose',
    'bottom-up-ic-resnet50-640',
    'bottom-up pose with IC-ResNet-50, COCO AP 62.2',
    'ckpt/human_pose/ic_res50_k13_coco_640x640_lr0.001/ckpt.pth',
    'pose/ic-resnet50-k13',
  ),
  entry(
    'pose',
    'bottom-up-ic-resnet101-640',
    'bottom-up pose with IC-ResNet-101, COCO AP 63.3',
    'ckpt/human_pose/ic_res101_k13_coco_640x640_lr0.0005/ckpt.pth',
    'pose/ic-resnet101-k13',
  ),
];
