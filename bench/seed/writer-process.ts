// A process of its own that bets on a timeline which others bet on too; each order is a round of so many callers.
import { obey } from '../child.js';
import { perSecond, runCallers } from '../rounds.js';
import { placeBet, submit } from './economy.js';
import { openSeed } from './open-seed.js';
import type { WriterOrder } from './writers.js';

const [url = '', timeline = ''] = process.argv.slice(2);
const seed = await openSeed(url);
await seed.runtime.read(timeline, {}, () => undefined);

obey<WriterOrder>(
  async (order) => perSecond(await runCallers(order, (_caller, n) => submit(seed.runtime, timeline, placeBet(n)))),
  () => seed.close(),
);
