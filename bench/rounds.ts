import type { Figure } from './measurement.js';

/** What a closed loop of callers came to. */
export interface Loop {
  readonly count: number;
  readonly seconds: number;
  /** How long each call took, ms, in order of completion. */
  readonly latenciesMs: readonly number[];
}

/** Each caller calls again as soon as it is answered, until the time is up or the count is reached. */
export async function runCallers(
  { callers, ms, countMax }: { readonly callers: number; readonly ms: number; readonly countMax: number },
  call: (caller: number, n: number) => Promise<unknown>,
): Promise<Loop> {
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  let issued = 0;
  const loop = async (_: unknown, caller: number): Promise<void> => {
    for (let nowMs = startMs; nowMs - startMs < ms && issued < countMax;) {
      const calledMs = nowMs;
      issued += 1;
      await call(caller, issued - 1);
      nowMs = performance.now();
      latenciesMs.push(nowMs - calledMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, loop));
  return { count: latenciesMs.length, seconds: (performance.now() - startMs) / 1_000, latenciesMs };
}

export const perSecond = ({ count, seconds }: Pick<Loop, 'count' | 'seconds'>): number => count / seconds;

/** A contender is measured once a round; its round's result is one number. */
export type Contenders<Name extends string> = Readonly<Record<Name, () => Promise<number>>>;

/**
 * Measures contenders side by side, A B A B, so that what changes on the machine meanwhile changes all of them. The first
 * round warms up and does not count.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  contenders: Contenders<Name>,
): Promise<Record<Name, readonly number[]>> {
  const names = Object.keys(contenders) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const result = await contenders[name]();
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value below which a share `q` of the values lies, interpolated; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low = NaN, high = NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** A figure that is the median of its rounds. */
export const figure = (of: string, rounds: readonly number[], unit: string): Figure => ({
  of,
  value: median(rounds),
  unit,
  rounds,
});

/** How long some work takes, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
