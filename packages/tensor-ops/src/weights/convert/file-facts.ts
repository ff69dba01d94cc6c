/** What a file says of its layout and its inception layers. */
import type { WeightFile } from '../weight-file';
import { branchedLayers, countsByLayer } from './inception';
import type { Selection } from './select';
import { type InceptionCounts, LAYOUT_KEY, type WeightLayout } from './types';

/** For reports. */
export const unreadableOf = ({ unreadable }: Selection): { name: string; reason: string }[] =>
  [...unreadable].map(([name, { reason }]) => ({ name, reason }));

/** The order of dimensions that the file declares. */
export function fileLayout(file: WeightFile): WeightLayout {
  return file.metadata.get(LAYOUT_KEY) === 'tensorflow' ? 'tensorflow' : 'pytorch';
}

const PUBLISHED_LAYER = /(?:^|\.)conv2\.weight$/;
const withoutEnding = (name: string) => name.slice(0, -'.weight'.length);

/** Counts by layer; a list is given to the layers with branches, or else to the published ones, in forward order. */
export function resolveCounts(
  counts: InceptionCounts | readonly (readonly number[])[] | undefined,
  names: Iterable<string>,
  file: WeightFile,
): InceptionCounts | undefined {
  if (!isList(counts)) return counts;
  const all = [...names];
  const branched = branchedLayers(all);
  const layers = branched.length > 0 ? branched : all.filter((name) => PUBLISHED_LAYER.test(name)).map(withoutEnding);
  // PyTorch files keep the forward order; safetensors writers sort by name, with layer1.10 before layer1.2.
  if (file.format === 'safetensors') layers.sort(new Intl.Collator('en', { numeric: true }).compare);
  return countsByLayer(layers, counts, file.path);
}

const isList = (counts: unknown): counts is readonly (readonly number[])[] => Array.isArray(counts);
