// A process of its own that bets on a timeline which others bet on too. Its parent sends a `WriterOrder` and is answered
// with a `WriterReport`; it ends when the parent lets go of it.
import { perSecond, runCallers } from '../rounds.js';
import { placeBet, submit } from './economy.js';
import { openSeed } from './open-seed.js';
import type { WriterOrder, WriterReport } from './writers.js';

const [url = '', timeline = ''] = process.argv.slice(2);
const seed = await openSeed(url);
await seed.runtime.read(timeline, {}, () => undefined);

process.on('message', (order: WriterOrder) => {
  void runCallers(order, (_caller, n) => submit(seed.runtime, timeline, placeBet(n))).then((loop) => {
    process.send?.({ commandsPerSecond: perSecond(loop) } satisfies WriterReport);
  });
});
process.on('disconnect', () => {
  void seed.close();
});
process.send?.('ready');
