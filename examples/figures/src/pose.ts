/**
 * Joint angles of a figure, in radians, within what people can do.
 *
 * The figure's frame: x to its own left (the right of the picture when it faces us), y down, z to its front.
 */
import type { Random } from './random';

export interface Limb {
  /** Of the upper part: sideways away from the body; 0 hangs down, pi points up. */
  readonly abduction: number;
  /** Of the upper part: to the front; negative to the back. */
  readonly flexion: number;
  /** At the elbow or knee; 0 is straight. */
  readonly bend: number;
  /** Arms: the part of the elbow's bend that goes sideways, negative across the body; the rest goes to the front. */
  readonly twist: number;
}

export interface Pose {
  /** Turn about the vertical: 0 faces us, positive turns the front to the right of the picture. Never a back or full side view. */
  readonly yaw: number;
  /** Rotation in the picture's plane, clockwise. */
  readonly roll: number;
  /** Torso to the front, and to the figure's left. */
  readonly pitch: number;
  readonly lean: number;
  readonly arms: { readonly left: Limb; readonly right: Limb };
  readonly legs: { readonly left: Limb; readonly right: Limb };
}

const RADIANS = Math.PI / 180;

export function randomPose(random: Random): Pose {
  const degrees = (low: number, high: number) => RADIANS * random.between(low, high);
  const arm = (): Limb => ({
    abduction: degrees(5, 40),
    flexion: degrees(-20, 30),
    bend: degrees(0, 80),
    twist: random.between(-0.5, 1),
  });
  const raised = (): Limb => ({
    abduction: degrees(80, 170),
    flexion: degrees(-10, 20),
    bend: degrees(0, 70),
    twist: random.between(0.3, 1),
  });
  const leg = (): Limb => ({ abduction: degrees(1, 14), flexion: degrees(-6, 12), bend: degrees(0, 14), twist: 0 });
  const base = {
    yaw: degrees(-40, 40),
    roll: degrees(-12, 12),
    pitch: degrees(-5, 10),
    lean: degrees(-8, 8),
    arms: { left: arm(), right: arm() },
    legs: { left: leg(), right: leg() },
  };
  const sign = random.pick([-1, 1]);
  switch (random.pick(['stand', 'walk', 'raise', 'bend'] as const)) {
    case 'stand':
      return base;
    case 'walk': {
      const front = { ...leg(), flexion: degrees(15, 45), bend: degrees(0, 30) };
      const back = { ...leg(), flexion: degrees(-30, -10), bend: degrees(5, 50) };
      const armFront = { ...arm(), abduction: degrees(3, 15), flexion: degrees(15, 50), twist: 0 };
      const armBack = {
        ...arm(),
        abduction: degrees(3, 15),
        flexion: degrees(-40, -10),
        bend: degrees(5, 50),
        twist: 0,
      };
      const [legs, arms] =
        sign > 0
          ? [
              { left: front, right: back },
              { left: armBack, right: armFront },
            ]
          : [
              { left: back, right: front },
              { left: armFront, right: armBack },
            ];
      return { ...base, yaw: random.pick([-1, 1]) * degrees(20, 65), arms, legs };
    }
    case 'raise': {
      const both = random.between(0, 1) < 0.5;
      const left = both || sign > 0 ? raised() : base.arms.left;
      const right = both || sign < 0 ? raised() : base.arms.right;
      return { ...base, arms: { left, right } };
    }
    case 'bend': {
      const crouch = degrees(0, 60);
      const knee = () => ({ ...leg(), flexion: 0.6 * crouch + degrees(0, 8), bend: 1.1 * crouch + degrees(0, 10) });
      const reach = () => ({ ...arm(), flexion: degrees(-5, 70), bend: degrees(0, 60), twist: 0 });
      return {
        ...base,
        yaw: sign * degrees(15, 65),
        pitch: degrees(20, 80),
        lean: degrees(-20, 20),
        arms: { left: reach(), right: reach() },
        legs: { left: knee(), right: knee() },
      };
    }
  }
}
