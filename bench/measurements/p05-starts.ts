import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { historyOf, seedWithHistories } from '../seed/history.js';
import { startTimeline } from '../seed/starting.js';

/** The log whose start is also shown without its snapshot. */
const LOG_COMPARED_EVENTS = 100_000;

/** P5: how long a start takes must not depend on how long the log is, where there is a snapshot. */
export const starts: Measurement = {
  id: 'P5',
  title: 'start with a snapshot, of a short and of a long log',
  async run(bench) {
    const { logShortEvents, logLongEvents, rounds: count } = bench.scale;
    const lengths = [...new Set([logShortEvents, LOG_COMPARED_EVENTS, logLongEvents])];
    const { url, runtime } = await seedWithHistories(bench, lengths);
    for (const events of lengths) await runtime.takeSnapshot(historyOf(events));
    await bench.settle();
    const start = (events: number, whole: boolean) => async (): Promise<number> => {
      const { ms, version, snapshotVersion } = await startTimeline(url, { timeline: historyOf(events), whole });
      const expected = whole ? 0 : version;
      if (snapshotVersion !== expected) throw new Error(`the start was from ${snapshotVersion}, not from ${expected}`);
      return ms;
    };
    const rounds = await inTurns(2 * count + 1, {
      short: start(logShortEvents, false),
      long: start(logLongEvents, false),
      compared: start(LOG_COMPARED_EVENTS, false),
      whole: start(LOG_COMPARED_EVENTS, true),
    });
    return {
      figures: [
        figure(`from a snapshot, log of ${logShortEvents} events`, rounds.short, 'ms'),
        figure(`from a snapshot, log of ${logLongEvents} events`, rounds.long, 'ms'),
        figure(`from a snapshot, log of ${LOG_COMPARED_EVENTS} events`, rounds.compared, 'ms'),
        figure(`from the whole log of ${LOG_COMPARED_EVENTS} events`, rounds.whole, 'ms'),
      ],
      ratios: [
        { of: 'long / short log', value: median(rounds.long) / median(rounds.short), target: { atMost: 1.3 } },
        { of: 'whole log / snapshot', value: median(rounds.whole) / median(rounds.compared) },
      ],
    };
  },
};
