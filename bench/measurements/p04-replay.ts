import type { Measurement } from '../measurement.js';
import { figure, inTurns, median } from '../rounds.js';
import { historyOf, seedWithHistories } from '../seed/history.js';
import { startTimeline } from '../seed/starting.js';
import { copyOut } from '../yardsticks/copy-out.js';
import { openEmmett } from '../yardsticks/emmett.js';

/** P4: folding the whole log to the same hash, its chain checked on the way, against only reading it. */
export const replay: Measurement = {
  id: 'P4',
  title: 'replay of the long log to the same hash',
  async run(bench) {
    const { logLongEvents: events, peerReplayEvents, rounds: count } = bench.scale;
    const { url, runtime } = await seedWithHistories(bench, [events]);
    const timeline = historyOf(events);
    const stateHash = await runtime.readPinned(timeline, {}, ({ state }) => runtime.stateHash(state));
    const emmett = await openEmmett(bench, 1);
    await emmett.fill(peerReplayEvents);
    await bench.settle();
    const copy = copyOut(url, { timeline, events });
    const rounds = await inTurns(count, {
      seed: () => replayed({ url, timeline, stateHash }),
      throughPg: () => copy.throughPg(),
      bytesOnly: () => copy.bytesOnly(),
      emmett: () => emmett.replay(),
    });
    return {
      figures: [
        figure(`Seed, ${events} events`, rounds.seed, 'events/s'),
        figure('COPY TO STDOUT, row by row through pg', rounds.throughPg, 'rows/s'),
        figure('COPY TO STDOUT, bytes only', rounds.bytesOnly, 'rows/s'),
        figure(`Emmett, ${peerReplayEvents} events, no fold to speak of`, rounds.emmett, 'events/s'),
      ],
      ratios: [
        {
          of: 'Seed / COPY TO STDOUT read by Node',
          value: median(rounds.seed) / median(rounds.throughPg),
          target: { atLeast: 0.6 },
        },
        { of: 'Seed / COPY TO STDOUT, bytes only', value: median(rounds.seed) / median(rounds.bytesOnly) },
        { of: 'Seed / Emmett', value: median(rounds.seed) / median(rounds.emmett), target: { atLeast: 3 } },
      ],
    };
  },
};

async function replayed({
  url,
  timeline,
  stateHash,
}: {
  url: string;
  timeline: string;
  stateHash: string;
}): Promise<number> {
  const start = await startTimeline(url, { timeline, whole: true });
  if (start.stateHash !== stateHash)
    throw new Error(`the replay came to the hash ${start.stateHash}, not ${stateHash}`);
  return (start.version * 1_000) / start.ms;
}
