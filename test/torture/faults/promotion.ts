import { setTimeout as sleep } from 'node:timers/promises';
import { openStandby } from '../../faults/standby.js';
import type { Arena } from '../arena.js';
import { fault } from './fault.js';

/** Strikes once, in a round of its own after all others: the servers go on on another PostgreSQL. */
export const promotion = fault({
  name: 'promote-standby',
  row: 17,
  everySeconds: Infinity,
  strike: promoteStandby,
});

/** What commits there are while the standby has them all, and after it took over, ms. */
const workMs = 5_000;

/**
 * A standby is made of the server that is being written to, and every commit waits for it. Then the server is killed, the
 * standby promoted, and the network leads there. The checker finds all that was acknowledged, or it was lost.
 */
async function promoteStandby(arena: Arena): Promise<boolean> {
  const { postgres, members } = arena;
  const standby = await openStandby(postgres);
  await sleep(workMs);
  const pid = postgres.pid();
  if (pid === undefined) return false;
  for (const { proxy } of members) proxy.repoint(standby.url);
  process.kill(pid, 'SIGKILL');
  await postgres.stop();
  await standby.promote();
  arena.moveTo(standby);
  await sleep(workMs);
  return true;
}
