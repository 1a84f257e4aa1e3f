import type { Arena } from '../arena.js';

/** Something that goes wrong, again and again, while clients are at work. */
export interface Fault<Name extends string = string> {
  readonly name: Name;
  /** Its row in the table of docs/reliability.md. */
  readonly row: number;
  /** About how often it strikes; Infinity: once, in a round of its own after the others. */
  readonly everySeconds: number;
  /**
   * Lets it strike once and resolves when it is over: whether it really happened. Throws `Broken` where the system under
   * it broke a promise.
   */
  readonly strike: (arena: Arena) => Promise<boolean>;
}

/** A promise that a fault itself saw broken. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Names the type of each fault's name. */
export const fault = <const Name extends string>(of: Fault<Name>): Fault<Name> => of;

/** A replay as the server shows it. */
export interface ReplayShown {
  readonly status: string;
  readonly matches: boolean | null;
  readonly firstDifference: { readonly where: string } | null;
}

/** @throws Broken where a replay failed, or found something else than the snapshots that were damaged on purpose */
export function expectSound(replay: ReplayShown): void {
  const isDamage = replay.matches === false && replay.firstDifference?.where === 'snapshot';
  if (replay.status === 'failed' || (replay.matches === false && !isDamage)) {
    throw new Broken(`a replay found what must not be: ${JSON.stringify(replay)}`);
  }
}
