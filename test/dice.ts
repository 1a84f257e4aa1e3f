/** A seeded source of choices: the same seed gives the same ones. */
export type Dice = (sides: number) => number;

/** mulberry32: small, seeded, good enough to pick cases with. `roll(n)` is 0 to n − 1. */
export function dice(seed: number): Dice {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * sides);
  };
}

/** One of several values. */
export const pick = <Value>(roll: Dice, values: readonly Value[]): Value => values[roll(values.length)] as Value;
