/** Keypoint grouping in plain TypeScript, for backends without a kernel of their own. */
import { groupByTags, meanTags, roundHalfEven, sum } from './tag-groups';
import type { GroupingAttrs, GroupingMaps, Peak, Person } from './types';

export interface PortableGroups {
  /** [P, K, 3 + T]: x, y, score, tags. */
  readonly poses: Float32Array;
  /** [P] */
  readonly scores: Float32Array;
}

/** Groups the keypoints of finite maps. */
export function groupPortable(maps: GroupingMaps, attrs: GroupingAttrs): PortableGroups {
  const { joints, tagSize } = maps;
  const peaks = Array.from({ length: joints }, (_, joint) => findPeaks(maps, joint, attrs));
  const people = groupByTags(peaks, tagSize, attrs);
  const stride = joints * (3 + tagSize);
  const poses = new Float32Array(people.length * stride);
  const scores = new Float32Array(people.length);
  for (const [p, person] of people.entries()) {
    const pose = poses.subarray(p * stride, (p + 1) * stride);
    for (const [joint, peak] of person.peaks.entries()) {
      if (peak === undefined) continue;
      const { x, y, score, tags } = peak;
      const [dx, dy] = attrs.adjust ? quarterPixel(maps, joint, x, y) : [0, 0];
      pose.set([x + dx, y + dy, score, ...tags], joint * (3 + tagSize));
    }
    scores[p] = sum(Float32Array.from(person.peaks, (peak) => peak?.score ?? 0)) / joints;
    if (attrs.refine) refine(maps, person, pose);
  }
  return { poses, scores };
}

/** The largest values of a heatmap that are above the threshold and not below any other in the window around them. */
function findPeaks(maps: GroupingMaps, joint: number, attrs: GroupingAttrs): Peak[] {
  const { height, width } = maps;
  const radius = (attrs.nmsKernel - 1) / 2;
  const map = heatmap(maps, joint);
  const found: number[] = [];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const value = map[at]!;
      if (value > attrs.detectionThreshold && isLargest(map, maps, y, x, radius)) found.push(at);
    }
  }
  found.sort((a, b) => map[b]! - map[a]! || a - b);
  return found.slice(0, attrs.maxPeople).map((at) => {
    const tags = Float32Array.from({ length: maps.tagSize }, (_, t) => tagMap(maps, t, joint)[at]!);
    return { x: at % width, y: Math.floor(at / width), score: map[at]!, tags };
  });
}

function isLargest(map: Float32Array, { height, width }: GroupingMaps, y: number, x: number, radius: number): boolean {
  const value = map[y * width + x]!;
  const bottom = Math.min(height - 1, y + radius);
  const right = Math.min(width - 1, x + radius);
  for (let v = Math.max(0, y - radius); v <= bottom; v++) {
    for (let u = Math.max(0, x - radius); u <= right; u++) if (map[v * width + u]! > value) return false;
  }
  return true;
}

/** From a pixel's index to its centre, and a quarter towards the larger neighbour on each axis. */
function quarterPixel(maps: GroupingMaps, joint: number, x: number, y: number): [dx: number, dy: number] {
  const { height, width } = maps;
  const map = heatmap(maps, joint);
  const value = (v: number, u: number) =>
    map[Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u))]!;
  return [value(y, x + 1) > value(y, x - 1) ? 0.75 : 0.25, value(y + 1, x) > value(y - 1, x) ? 0.75 : 0.25];
}

/** Gives each joint without a peak the pixel where heatmap less rounded distance to the person's mean tag is largest, if it is warm. */
function refine(maps: GroupingMaps, person: Person, pose: Float32Array): void {
  const { tagSize, width } = maps;
  const members = person.peaks.filter((peak) => peak !== undefined).map((peak) => peak.tags);
  const mean = meanTags(members, tagSize);
  for (const [joint, peak] of person.peaks.entries()) {
    if (peak !== undefined) continue;
    const at = nearest(maps, joint, mean);
    const value = heatmap(maps, joint)[at]!;
    if (!(value > 0)) continue;
    const x = at % width;
    const y = Math.floor(at / width);
    const [dx, dy] = quarterPixel(maps, joint, x, y);
    pose.set([x + dx, y + dy, value], joint * (3 + tagSize));
  }
}

const f = Math.fround;

function nearest(maps: GroupingMaps, joint: number, mean: Float32Array): number {
  const map = heatmap(maps, joint);
  const tags = Array.from(mean, (_, t) => tagMap(maps, t, joint));
  let best = Number.NEGATIVE_INFINITY;
  let found = 0;
  for (let at = 0; at < map.length; at++) {
    // A distance only takes away.
    if (!(map[at]! > best)) continue;
    let squares = 0;
    for (let t = 0; t < mean.length; t++) {
      const difference = f(tags[t]![at]! - mean[t]!);
      squares = f(squares + f(difference * difference));
    }
    const score = f(map[at]! - roundHalfEven(f(Math.sqrt(squares))));
    if (score > best) {
      best = score;
      found = at;
    }
  }
  return found;
}

function heatmap({ heatmaps, height, width }: GroupingMaps, joint: number): Float32Array {
  return heatmaps.subarray(joint * height * width, (joint + 1) * height * width);
}

function tagMap({ tags, tagMaps, height, width }: GroupingMaps, t: number, joint: number): Float32Array {
  const map = t * tagMaps + (tagMaps === 1 ? 0 : joint);
  return tags.subarray(map * height * width, (map + 1) * height * width);
}
