/**
 * A posed figure in the picture: 13 keypoints and the shapes it is drawn of.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1). Projection is parallel.
 */
import type { Limb, Pose } from './pose';
import { KEYPOINTS, type KeypointName } from './skeleton';

export type Point = readonly [x: number, y: number];
type Vector = readonly [x: number, y: number, z: number];

export type Part = 'head' | 'neck' | 'torso' | 'arm' | 'leg' | 'hand' | 'foot';
export type Side = 'left' | 'right';

/** All points nearer than `radius` to a point, a segment or a filled polygon. */
export interface Shape {
  readonly part: Part;
  readonly side?: Side;
  readonly points: readonly Point[];
  readonly radius: number;
  /** Towards the viewer; larger is drawn later. */
  readonly depth: number;
}

export interface Figure {
  /** In the order of `KEYPOINTS`. */
  readonly keypoints: readonly Point[];
  /** Back to front. */
  readonly shapes: readonly Shape[];
  /** Two eyes and the two ends of the mouth. */
  readonly face: readonly [Point, Point, Point, Point];
  /** Height in pixels if it stood upright. */
  readonly height: number;
}

/** Lengths and radii as shares of the height. */
const BODY = {
  head: 0.075,
  neck: 0.13,
  spine: 0.3,
  shoulder: 0.1,
  hip: 0.06,
  upperArm: 0.165,
  forearm: 0.15,
  thigh: 0.235,
  shin: 0.225,
  foot: 0.045,
  armRadius: 0.026,
  legRadius: 0.034,
  torsoRadius: 0.03,
} as const;

/** Radius of a leg in pixels, the widest limb. */
export function limbRadius(height: number): number {
  return BODY.legRadius * height;
}

/** @param center where the middle of the hips lies. */
export function makeFigure(pose: Pose, height: number, center: Point): Figure {
  const { pitch, lean, yaw, roll } = pose;
  const project = ([x, y, z]: Vector) => {
    const across = x * Math.cos(yaw) + z * Math.sin(yaw);
    return {
      point: [
        center[0] + height * (across * Math.cos(roll) - y * Math.sin(roll)),
        center[1] + height * (across * Math.sin(roll) + y * Math.cos(roll)),
      ] as Point,
      depth: z * Math.cos(yaw) - x * Math.sin(yaw),
    };
  };
  const up: Vector = [Math.sin(lean), -Math.cos(lean) * Math.cos(pitch), Math.cos(lean) * Math.sin(pitch)];
  const across: Vector = [Math.cos(lean), Math.sin(lean), 0];
  const chest = along([0, 0, 0], up, BODY.spine);
  const head = along(chest, up, BODY.neck);

  const joints = new Map<KeypointName, Vector>([['head', head]]);
  const shapes: Shape[] = [];
  const add = (part: Part, ends: readonly Vector[], radius: number, side?: Side) => {
    const projected = ends.map(project);
    const depth = projected.reduce((sum, end) => sum + end.depth, 0) / ends.length;
    const points = projected.map(({ point }) => point);
    shapes.push({ part, points, radius: radius * height, depth, ...(side === undefined ? {} : { side }) });
  };

  for (const side of ['left', 'right'] as const) {
    const sign = side === 'left' ? 1 : -1;
    const arm = pose.arms[side];
    const shoulder = along(chest, across, sign * BODY.shoulder);
    const elbow = along(shoulder, direction(arm, sign, 0), BODY.upperArm);
    const wrist = along(elbow, direction(arm, sign, arm.bend), BODY.forearm);
    const leg = pose.legs[side];
    const hip: Vector = [sign * BODY.hip, 0, 0];
    const knee = along(hip, direction(leg, sign, 0), BODY.thigh);
    const ankle = along(knee, direction(leg, sign, -leg.bend), BODY.shin);
    joints.set(`${side}_shoulder`, shoulder).set(`${side}_elbow`, elbow).set(`${side}_wrist`, wrist);
    joints.set(`${side}_hip`, hip).set(`${side}_knee`, knee).set(`${side}_ankle`, ankle);
    add('arm', [shoulder, elbow], BODY.armRadius, side);
    add('arm', [elbow, wrist], BODY.armRadius, side);
    add('hand', [wrist], BODY.armRadius, side);
    add('leg', [hip, knee], BODY.legRadius, side);
    add('leg', [knee, ankle], BODY.legRadius, side);
    add('foot', [ankle, along(ankle, [sign * 0.3, 0.5, 0.8], BODY.foot)], 0.024, side);
  }
  const at = (name: KeypointName) => joints.get(name)!;
  add('torso', [at('left_shoulder'), at('right_shoulder'), at('right_hip'), at('left_hip')], BODY.torsoRadius);
  add('head', [head], BODY.head);
  // Under the collar and the chin, however the figure bends.
  const behind = Math.min(...shapes.slice(-2).map(({ depth }) => depth)) - 0.001;
  shapes.push({
    part: 'neck',
    points: [chest, head].map((end) => project(end).point),
    radius: BODY.torsoRadius * height,
    depth: behind,
  });

  const onHead = (x: number, y: number, z: number) =>
    project([head[0] + x * BODY.head, head[1] + y * BODY.head, head[2] + z * BODY.head]).point;
  return {
    keypoints: KEYPOINTS.map((name) => project(at(name)).point),
    shapes: shapes.sort((a, b) => a.depth - b.depth),
    face: [onHead(0.38, -0.15, 0.85), onHead(-0.38, -0.15, 0.85), onHead(0.3, 0.42, 0.8), onHead(-0.3, 0.42, 0.8)],
    height,
  };
}

/** Whether the point lies in one of the figure's shapes. */
export function covers(figure: Figure, point: Point): boolean {
  return figure.shapes.some(({ points, radius }) => distance(points, point) <= radius);
}

/** The box x0, y0, x1, y1 about all shapes. */
export function extent(figure: Figure): readonly [number, number, number, number] {
  const reach = (axis: 0 | 1, sign: number) =>
    sign *
    Math.max(...figure.shapes.flatMap(({ points, radius }) => points.map((point) => sign * point[axis] + radius)));
  return [reach(0, -1), reach(1, -1), reach(0, 1), reach(1, 1)];
}

/** Of an upper limb (`bend` 0), or of the lower one: the bend is shared between the two turns by the twist. */
function direction({ abduction, flexion, twist }: Limb, sign: number, bend: number): Vector {
  const out = abduction + bend * twist;
  const front = flexion + bend * (1 - Math.abs(twist));
  return [sign * Math.sin(out), Math.cos(out) * Math.cos(front), Math.cos(out) * Math.sin(front)];
}

function along(start: Vector, way: Vector, length: number): Vector {
  return [start[0] + way[0] * length, start[1] + way[1] * length, start[2] + way[2] * length];
}

/** From a point to a point, segment or filled polygon; 0 inside. */
function distance(points: readonly Point[], [x, y]: Point): number {
  let least = Infinity;
  let inside = false;
  points.forEach(([x0, y0], index) => {
    const [x1, y1] = points[(index + 1) % points.length]!;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const share = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, Math.hypot(x - x0 - share * dx, y - y0 - share * dy));
    if (y0 > y !== y1 > y && x < x0 + (dx * (y - y0)) / dy) inside = !inside;
  });
  return inside && points.length > 2 ? 0 : least;
}
