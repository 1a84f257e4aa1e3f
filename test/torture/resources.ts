import { readdir } from 'node:fs/promises';
import { onDatabase, type Arena } from './arena.js';
import { leastOfEachMinute, trendOf, type Trend } from './trend.js';

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
