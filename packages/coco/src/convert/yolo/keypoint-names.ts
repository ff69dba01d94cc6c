/** Names of keypoints, where nobody gives any: training tells left from right by them. */

/** COCO's person. */
const PERSON = ['nose', ...['eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'].flatMap(sides)];

/**
 * @param flipIndex - for each keypoint the one that it is in the mirrored picture (`flip_idx`). The seventeen of COCO's person are known
 * by it; others are called `left_2` and `right_2`, or `keypoint_1` in the middle, with the number of the first of the pair.
 */
export function keypointNames(count: number, flipIndex: readonly number[] | undefined): readonly string[] {
  if (flipIndex === undefined) return Array.from({ length: count }, (_, i) => `keypoint_${i + 1}`);
  const person = PERSON.map((name, i) => (i === 0 ? i : name.startsWith('left') ? i + 1 : i - 1));
  if (count === PERSON.length && person.every((other, i) => flipIndex[i] === other)) return PERSON;
  return flipIndex.map((other, i) => {
    if (other === i) return `keypoint_${i + 1}`;
    return i < other ? `left_${i + 1}` : `right_${other + 1}`;
  });
}

function sides(joint: string): string[] {
  return [`left_${joint}`, `right_${joint}`];
}
