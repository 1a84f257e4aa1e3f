import { verifyTimeline, type Verification } from '#proof';
import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { historyOf, seedWithHistories } from '../seed/history.js';
import { startTimeline } from '../seed/starting.js';

/** P15: proving every row of the long log and auditing the economy, as `seed verify` does, against replaying it. */
export const verification: Measurement = {
  id: 'P15',
  title: 'verification of the long log, row by row',
  async run(bench) {
    const { logLongEvents: events, rounds: count } = bench.scale;
    const { url, log } = await seedWithHistories(bench, [events]);
    const timeline = historyOf(events);
    await bench.settle();
    const rounds = await inTurns(count, {
      verified: async () => {
        const startMs = performance.now();
        const { version } = proven(await verifyTimeline(log, timeline));
        return (version * 1_000) / (performance.now() - startMs);
      },
      replayed: async () => {
        const { version, ms } = await startTimeline(url, { timeline, whole: true });
        return (version * 1_000) / ms;
      },
    });
    return {
      figures: [
        figure(`verification, ${events} events`, rounds.verified, 'events/s'),
        figure(`replay, ${events} events`, rounds.replayed, 'events/s'),
      ],
      ratios: [{ of: 'verification / replay', value: median(rounds.verified) / median(rounds.replayed) }],
    };
  },
};

function proven(verification: Verification | undefined): Verification {
  if (verification?.valid !== true) throw new Error(`the log is not sound: ${verification?.firstViolation?.detail}`);
  return verification;
}
