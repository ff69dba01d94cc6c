/**
 * The checkpoints of the paper's authors: one archive on Google Drive or Baidu, which asks for a browser, so nothing here fetches it.
 *
 * Source: github.com/yifan123/IC-Conv README.md.
 */
import type { PatternName } from '@icconv/models';
import type { ByHand } from '../contract/zoo-row';

/** @param file - in the archive. @param name - of the file that is made of it. */
export function byHand(name: string, file: string, pattern?: PatternName): ByHand {
  const steps = [
    'open https://github.com/yifan123/IC-Conv and follow the link to the model zoo in its README, on Google Drive or Baidu',
    `take ${file} out of the archive`,
    `look into it: icconv inspect ${file}`,
  ];
  if (pattern === undefined) return { steps };
  // The pattern of one network has a file of its own for segmentation; the others share detection's.
  const own = pattern === 'segmentation/ic-resnet50-k9' ? 'segmentation' : 'detection';
  const folder = pattern.startsWith('pose/') ? 'human_pose' : own;
  const figures = `pattern_zoo/${folder}/${pattern.split('/')[1]!.replaceAll('-', '_')}.json`;
  return {
    steps: [
      ...steps,
      `make one filter of each layer's branches, with the pattern from the same repository: icconv convert ${file} ${name}.safetensors --branches join --pattern ${figures}`,
      `or load it as it is: its weights are found with the pattern '${pattern}' in the configuration`,
    ],
  };
}
