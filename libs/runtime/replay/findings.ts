import { differencesBetween, type Difference, type ReadableState } from '#domain';
import type { ReplayResult } from '#event-log';
import type { Pacer } from '../pacer.js';
import type { FirstDifference } from './contract.js';
import { storedDifference } from './stored-difference.js';

const DIFFERENCES_SHOWN_MAX = 5;

/** What was found while a log was replayed, in order of version. */
export class Findings {
  #lastAlike = 0;
  #first: FirstDifference | null = null;

  /** What is stored at a version is what the log gives. */
  alike(version: number): void {
    if (this.#first === null) this.#lastAlike = version;
  }

  /** It is not. Only the first such place is remembered. */
  async different(
    found: Pick<FirstDifference, 'version' | 'where' | 'detail'>,
    differences: () => Promise<readonly Difference[]> = () => Promise.resolve([]),
  ): Promise<void> {
    this.#first ??= { ...found, lastAlike: this.#lastAlike, differences: await differences() };
  }

  result(stateHash: string): ReplayResult {
    return {
      stateHash,
      matches: this.#first === null,
      firstDifference: this.#first && storedDifference(this.#first),
      failure: null,
    };
  }
}

/** The first few differences of two states that hold still. */
export async function firstDifferences(
  pacer: Pacer,
  left: ReadableState,
  right: ReadableState,
): Promise<readonly Difference[]> {
  const pieces = differencesBetween(left, right);
  const found: Difference[] = [];
  for (;;) {
    if (pacer.mustRest) await pacer.rest();
    const piece = pacer.run(() => pieces.next());
    if (piece.done === true) return found;
    found.push(...piece.value.slice(0, DIFFERENCES_SHOWN_MAX - found.length));
    if (found.length === DIFFERENCES_SHOWN_MAX) return found;
  }
}
