/** `--pattern FILE`: a dilation pattern as the branch sizes of inception layers. */
import { readText } from '@icconv/base/files';
import { type LayerPattern, parsePattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { InceptionCounts } from '@icconv/tensor-ops/weights';

/** @returns counts by layer when the pattern names its layers, else a list in forward order. */
export async function readPatternCounts(file: string): Promise<InceptionCounts | number[][]> {
  const pattern = parsePattern(await readText(file), { file });
  const counts = pattern.layers.map((layer, index) => branchSizes(layer, layer.name ?? `layer ${index}`));
  const names = pattern.layers.map(({ name }) => name);
  if (names.some((name) => name === undefined)) return counts;
  return Object.fromEntries(names.map((name, index) => [name!, counts[index]!]));
}

/** Branches are runs of channels of one dilation; a dilation that comes back later has no branch of its own. */
function branchSizes({ dilations }: LayerPattern, name: string): number[] {
  const seen = new Set<string>();
  const sizes: number[] = [];
  let last = '';
  for (const dilation of dilations) {
    const key = dilation.join('x');
    if (key !== last) {
      if (seen.has(key)) {
        throw new InvalidArgumentError(
          'convert',
          `pattern of ${name}`,
          key,
          'sorted: the channels of one dilation side by side',
        );
      }
      seen.add(key);
      sizes.push(0);
    }
    last = key;
    sizes[sizes.length - 1]!++;
  }
  return sizes;
}
