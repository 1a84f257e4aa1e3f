import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { placeBet, submit } from '../seed/economy.js';
import { historyOf, seedWithHistories } from '../seed/history.js';
import type { Seed } from '../seed/open-seed.js';

/** Forks made in one round: one alone takes about a millisecond. */
const FORKS_PER_ROUND = 20;

/** P8: a fork costs the same however long the log is, and copies nothing. */
export const forks: Measurement = {
  id: 'P8',
  title: 'fork at the head of a short and of a long log',
  async run(bench) {
    const { logShortEvents, logLongEvents, rounds: count } = bench.scale;
    const lengths = [logShortEvents, logLongEvents];
    const seed = await seedWithHistories(bench, lengths);
    await bench.settle();
    const forker = new Forker(seed);
    const rounds = await inTurns(2 * count + 1, {
      shortHead: () => forker.msPerFork(historyOf(logShortEvents), null),
      longHead: () => forker.msPerFork(historyOf(logLongEvents), null),
      shortMiddle: () => forker.msPerFork(historyOf(logShortEvents), Math.floor(logShortEvents / 2)),
      longMiddle: () => forker.msPerFork(historyOf(logLongEvents), Math.floor(logLongEvents / 2)),
    });
    const wholeMs = await forker.firstCommandMs(historyOf(logLongEvents));
    await seed.runtime.takeSnapshot(historyOf(logLongEvents));
    const snapshotMs = await forker.firstCommandMs(historyOf(logLongEvents));
    await forker.assertNothingCopied();
    return {
      figures: [
        figure(`at the head of ${logShortEvents} events`, rounds.shortHead, 'ms'),
        figure(`at the head of ${logLongEvents} events`, rounds.longHead, 'ms'),
        figure(`half way into ${logShortEvents} events`, rounds.shortMiddle, 'ms'),
        figure(`half way into ${logLongEvents} events`, rounds.longMiddle, 'ms'),
        figure(`first command on a fork of ${logLongEvents} events, no snapshot`, [wholeMs], 'ms'),
        figure(`first command on a fork of ${logLongEvents} events, a snapshot at its head`, [snapshotMs], 'ms'),
      ],
      ratios: [
        {
          of: 'at the head: long / short log',
          value: median(rounds.longHead) / median(rounds.shortHead),
          target: { atMost: 1.5 },
        },
        { of: 'half way: long / short log', value: median(rounds.longMiddle) / median(rounds.shortMiddle) },
      ],
    };
  },
};

class Forker {
  #made = 0;

  constructor(private readonly seed: Seed) {}

  async msPerFork(parent: string, at: number | null): Promise<number> {
    const startMs = performance.now();
    for (let i = 0; i < FORKS_PER_ROUND; i += 1) await this.#fork(parent, at);
    return (performance.now() - startMs) / FORKS_PER_ROUND;
  }

  /** From the fork's making to its first command's commit. */
  async firstCommandMs(parent: string): Promise<number> {
    const startMs = performance.now();
    await submit(this.seed.runtime, await this.#fork(parent, null), placeBet(0));
    return performance.now() - startMs;
  }

  /** Each fork has its own first event, two of them a bet; nothing else may have been written. */
  async assertNothingCopied(): Promise<void> {
    let own = 0;
    for (let n = 1; n <= this.#made; n += 1) {
      const record = await this.seed.log.findTimeline(nameOf(n));
      own += (record?.head.version ?? 0) - (record?.parent?.forkVersion ?? 0);
    }
    if (own !== this.#made + 2) throw new Error(`${this.#made} forks have ${own} events of their own`);
  }

  async #fork(parent: string, at: number | null): Promise<string> {
    this.#made += 1;
    const name = nameOf(this.#made);
    const submission = { parent, name, at, terms: {}, actor: 'bench', key: null };
    const { status } = await this.seed.runtime.forkTimeline(submission);
    if (status !== 'accepted') throw new Error(`the fork ${name} was not made: ${status}`);
    return name;
  }
}

const nameOf = (n: number): string => `FORK-${n}`;
