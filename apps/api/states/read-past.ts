import type { HeldView, Moment, PastView } from '#runtime';
import type { Boot } from '../boot.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

/** A state to be read, and whoever waits for it. */
export interface PastTarget extends ReadTarget {
  /** Null: the head. */
  readonly at: Moment | null;
  readonly signal: AbortSignal;
}

/** Waits for the version that the reader must see, if it named one. */
export async function reached(
  { runtime }: Boot,
  { timeline, options }: Pick<ReadTarget, 'timeline' | 'options'>,
): Promise<void> {
  if (options.minVersion !== undefined) await runtime.headOf(timeline, options);
}

/** Looks at the state at a moment within one turn; what `view` returns must not hold on to it. */
export async function readPast<Body>(
  boot: Boot,
  target: PastTarget,
  view: (past: PastView) => Body,
): Promise<Answer<Body>> {
  const { timeline, options, at, signal, client } = target;
  if (at === null) return readLive(boot, target, view);
  await reached(boot, { timeline, options });
  const answer = (past: PastView): Answer<Body> => ({ body: view(past), version: past.version, staleMs: null });
  return boot.runtime.past.read(timeline, at, answer, { signal, client });
}

/** For work of more than a turn with the state at a moment. */
export async function holdPast<T>(
  boot: Boot,
  { timeline, options, at, signal, client }: PastTarget,
  work: (held: HeldView, staleMs: number | null) => Promise<T>,
): Promise<T> {
  const { runtime } = boot;
  if (at === null) {
    return runtime.readPinned(
      timeline,
      options,
      ({ staleMs, ...pinned }) =>
        work({ ...pinned, stateHash: () => runtime.stateHash(pinned.state, { signal }) }, staleMs),
      { signal, client },
    );
  }
  await reached(boot, { timeline, options });
  return runtime.past.readHeld(timeline, at, (held) => work(held, null), { signal, client });
}
