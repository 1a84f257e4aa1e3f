import { readdir } from 'node:fs/promises';
import { onDatabase, type Arena } from './arena.js';

const EVERY_MS = 5_000;

/** What the process that is never killed held at one moment. */
interface Sample {
  readonly minutes: number;
  readonly heapMiB: number;
  readonly residentMiB: number;
  readonly descriptors: number;
  /** Of all processes together, as PostgreSQL sees them. */
  readonly connections: number;
}

/** One figure over the run, from the time when it had warmed up. */
export interface Trend {
  readonly what: string;
  /** The median of each quarter. */
  readonly quarters: readonly number[];
  readonly max: number;
  /** By Theil and Sen, the median of the slopes between all pairs: a burst does not tilt it. */
  readonly slopePerHour: number;
}

/** Watches what the first process holds, over the whole run. */
export class Resources {
  readonly #arena: Arena;
  readonly #samples: Sample[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  start(): void {
    const startedMs = performance.now();
    this.#timer = setInterval(() => {
      void this.#sample((performance.now() - startedMs) / 60_000).catch(() => undefined);
    }, EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** The heap saws up and down: the least of each minute counts. */
  summary(): readonly Trend[] {
    const warm = this.#samples.filter(({ minutes }) => minutes >= (this.#samples.at(-1)?.minutes ?? 0) / 5);
    return (['heapMiB', 'residentMiB', 'descriptors', 'connections'] as const).map((what) =>
      trendOf(what, leastOfEachMinute(warm.map((sample) => ({ minutes: sample.minutes, value: sample[what] })))),
    );
  }

  async #sample(minutes: number): Promise<void> {
    const [first] = this.#arena.members;
    if (first?.pid == null) return;
    const { status, body } = await this.#arena.connection.send(`${first.url}/metrics`, { method: 'GET' });
    if (status !== 200) return;
    const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
    const descriptors = (await readdir(`/proc/${first.pid}/fd`)).length;
    const [counted] = await onDatabase<{ count: string }>(
      this.#arena.databaseUrl,
      "select count(*) as count from pg_stat_activity where application_name like 'seed api %'",
    );
    this.#samples.push({
      minutes,
      heapMiB: metric('nodejs_heap_size_used_bytes') / 1_048_576,
      residentMiB: metric('process_resident_memory_bytes') / 1_048_576,
      descriptors,
      connections: Number(counted?.count),
    });
  }
}

interface Point {
  readonly minutes: number;
  readonly value: number;
}

function leastOfEachMinute(points: readonly Point[]): readonly Point[] {
  const least = new Map<number, Point>();
  for (const point of points) {
    const minute = Math.floor(point.minutes);
    const other = least.get(minute);
    if (other === undefined || other.value > point.value) least.set(minute, point);
  }
  return [...least.values()];
}

function trendOf(what: string, points: readonly Point[]): Trend {
  const values = points.map(({ value }) => value);
  const quarter = (index: number): number => Math.round((index * values.length) / 4);
  const slopes = points.flatMap((from, i) =>
    points.slice(i + 1).map((to) => (to.value - from.value) / (to.minutes - from.minutes)),
  );
  return {
    what,
    quarters: [0, 1, 2, 3].map((index) => median(values.slice(quarter(index), quarter(index + 1)))),
    max: Math.max(...values),
    slopePerHour: median(slopes) * 60,
  };
}

/** NaN of nothing. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
