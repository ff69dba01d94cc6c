/**
 * Groups peaks to people by their tags, joint after joint (A. Newell, Z. Huang, J. Deng, Associative Embedding, NeurIPS 2017).
 *
 * The rules, and the floats, are those of mmpose 0.29 (mmpose/core/post_processing/group.py): a person is known by the first tag of its
 * first peak, so that two with the same value are one person; a later joint's peaks are assigned to the people by Munkres' method.
 */
import { munkres } from './munkres';
import type { GroupingAttrs, Peak, Person } from './types';

/** Cost of columns that stand for a new person. */
const NEW_PERSON = 1e10;
/**
 * In place of a distance that is no number: tags near the end of float32 add up to infinity, and an assignment by infinite costs has no end.
 * Above every distance between such numbers.
 */
const FARTHEST = 1e80;

interface Group extends Person {
  /** Tags of the peaks that count for the mean. */
  members: Float32Array[];
}

/** @param peaks - for each of the K joints its peaks above the threshold, best first. */
export function groupByTags(peaks: readonly (readonly Peak[])[], tagSize: number, attrs: GroupingAttrs): Person[] {
  const { ignoreTooMuch, maxPeople } = attrs;
  // A map goes by value and takes both zeros as one, like Python's dictionary.
  const groups = new Map<number, Group>();
  const begin = (joint: number, peak: Peak) => {
    const key = peak.tags[0]!;
    let group = groups.get(key);
    if (group === undefined) {
      group = { peaks: new Array<Peak | undefined>(peaks.length).fill(undefined), members: [] };
      groups.set(key, group);
    }
    group.peaks[joint] = peak;
    group.members = [peak.tags];
  };
  for (const joint of attrs.jointOrder) {
    const found = peaks[joint]!;
    if (found.length === 0) continue;
    if (groups.size === 0) {
      for (const peak of found) begin(joint, peak);
      continue;
    }
    const all = [...groups.values()];
    const known = ignoreTooMuch ? all.slice(0, maxPeople) : all;
    const distances = tagDistances(found, known, tagSize);
    const columns = assign(found, known.length, distances, attrs.useDetectionVal);
    for (const [row, peak] of found.entries()) {
      const column = columns[row]!;
      if (column < known.length && distances[row * known.length + column]! < attrs.tagThreshold) {
        known[column]!.peaks[joint] = peak;
        known[column]!.members.push(peak.tags);
      } else {
        begin(joint, peak);
      }
    }
  }
  const people = [...groups.values()];
  return ignoreTooMuch ? people.slice(0, maxPeople) : people;
}

function tagDistances(found: readonly Peak[], known: readonly Group[], tagSize: number): Float64Array {
  const means = known.map((group) => meanTags(group.members, tagSize));
  const distances = new Float64Array(found.length * known.length);
  for (const [row, peak] of found.entries()) {
    for (const [column, mean] of means.entries()) {
      let sum = 0;
      for (let t = 0; t < tagSize; t++) {
        const difference = peak.tags[t]! - mean[t]!;
        sum += difference * difference;
      }
      distances[row * known.length + column] = Number.isFinite(sum) ? Math.sqrt(sum) : FARTHEST;
    }
  }
  return distances;
}

function assign(found: readonly Peak[], known: number, distances: Float64Array, useScores: boolean): Int32Array {
  const size = Math.max(found.length, known);
  const cost = new Float64Array(size * size);
  for (const [row, peak] of found.entries()) {
    for (let column = 0; column < size; column++) {
      const distance = distances[row * known + column]!;
      const value = useScores ? roundHalfEven(distance) * 100 - peak.score : distance;
      cost[row * size + column] = column < known ? value : NEW_PERSON;
    }
  }
  return munkres(cost, size);
}

const TWO_52 = 2 ** 52;

/** Rounds a number of at least 0; halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  return value < TWO_52 ? value + TWO_52 - TWO_52 : value;
}

const f = Math.fround;

/** Mean tags in float32, added in numpy's order: one after the other, but a single column by {@link sum}. */
export function meanTags(members: readonly Float32Array[], tagSize: number): Float32Array {
  const mean = new Float32Array(tagSize);
  if (tagSize === 1) {
    mean[0] = sum(Float32Array.from(members, (tags) => tags[0]!)) / members.length;
    return mean;
  }
  for (let t = 0; t < tagSize; t++) {
    for (const tags of members) mean[t]! += tags[t]!;
    mean[t]! /= members.length;
  }
  return mean;
}

/** Sum in float32, added as numpy does up to 128 numbers: from eight of them on in eight columns. */
export function sum(values: Float32Array): number {
  const whole = values.length < 8 ? 0 : values.length - (values.length % 8);
  let total = 0;
  if (whole > 0) {
    const r = values.slice(0, 8);
    for (let i = 8; i < whole; i++) r[i % 8]! += values[i]!;
    const half = (k: number) => f(f(r[k]! + r[k + 1]!) + f(r[k + 2]! + r[k + 3]!));
    total = f(half(0) + half(4));
  }
  for (let i = whole; i < values.length; i++) total = f(total + values[i]!);
  return total;
}
