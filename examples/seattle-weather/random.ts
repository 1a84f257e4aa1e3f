/** The next number of a stream, at least 0 and below 1. */
export type Draw = () => number;

/**
 * A stream of its own for every seed, bot and day, so that what one bot draws never depends on what another did.
 * The streams are Mulberry32 (Tommy Ettinger, public domain); all of it is 32-bit integer arithmetic, the same everywhere.
 */
export function drawsOf({
  seed,
  bot,
  day,
}: {
  readonly seed: number;
  readonly bot: number;
  readonly day: number;
}): Draw {
  let state = mix(mix(mix(seed) + bot) + day);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain): neighbouring inputs come far apart. */
function mix(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
