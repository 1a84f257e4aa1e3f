/** The versions at which an operation may have had its effect, or may have looked. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** An answer that showed a version: whatever was asked for later stands behind it. */
export interface Answered {
  readonly completedMs: number;
  readonly version: number;
}

/** An effect, and when it was first asked for: whatever was answered earlier stands before it. */
export interface Started {
  readonly invokedMs: number;
  readonly firstVersion: number;
}

/**
 * Real time, as versions: an operation stands behind all that was answered before it was asked, and before all effects
 * that were asked for after it was answered.
 */
export class Windows {
  readonly #answers: readonly Bound[];
  readonly #starts: readonly Bound[];

  constructor(answers: readonly Answered[], starts: readonly Started[]) {
    this.#answers = highestSoFar(answers.map(({ completedMs, version }) => ({ ms: completedMs, version })));
    this.#starts = lowestFromHere(
      starts.map(({ invokedMs, firstVersion }) => ({ ms: invokedMs, version: firstVersion - 1 })),
    );
  }

  /** `staleMs` is how old the answer says that it is. */
  of(invokedMs: number, completedMs: number, staleMs = 0): Window {
    return {
      from: lastBefore(this.#answers, invokedMs - staleMs)?.version ?? 1,
      to: firstAfter(this.#starts, completedMs)?.version ?? Number.POSITIVE_INFINITY,
    };
  }
}

interface Bound {
  readonly ms: number;
  readonly version: number;
}

function highestSoFar(bounds: readonly Bound[]): readonly Bound[] {
  let version = 1;
  return [...bounds]
    .sort((one, other) => one.ms - other.ms)
    .map((bound) => {
      version = Math.max(version, bound.version);
      return { ms: bound.ms, version };
    });
}

function lowestFromHere(bounds: readonly Bound[]): readonly Bound[] {
  let version = Number.POSITIVE_INFINITY;
  return [...bounds]
    .sort((one, other) => other.ms - one.ms)
    .map((bound) => {
      version = Math.min(version, bound.version);
      return { ms: bound.ms, version };
    })
    .reverse();
}

/** The last bound earlier than `ms`. */
function lastBefore(bounds: readonly Bound[], ms: number): Bound | undefined {
  return bounds[countWhile(bounds, (bound) => bound.ms < ms) - 1];
}

/** The first bound later than `ms`. */
function firstAfter(bounds: readonly Bound[], ms: number): Bound | undefined {
  return bounds[countWhile(bounds, (bound) => bound.ms <= ms)];
}

/** How many at the start hold; those that do all stand before those that do not. */
function countWhile(bounds: readonly Bound[], holds: (bound: Bound) => boolean): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const bound = bounds[middle];
    if (bound !== undefined && holds(bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
