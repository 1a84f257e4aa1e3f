import { stat, truncate } from 'node:fs/promises';
import type { Binaries } from './binaries.js';
import { described, type Owner } from './ownership.js';
import type { Place } from './place.js';
import { readPostmaster, send, settle, startPostmaster, type Tuning } from './postmaster.js';
import { worksIn } from './process-identity.js';
import { RecoveryWatch } from './recovery-watch.js';

const checkEveryMs = 250;
const logBytesMax = 16 * 1024 * 1024;
const backOffMs = { first: 100, most: 5_000, forgottenAfter: 60_000 };

/** Keeps a server running until it is told to stop. */
export interface Supervision {
  /** Ends the watch; resolves when no start is under way any more. */
  end(): Promise<void>;
}

export interface SupervisedServer {
  readonly place: Place;
  readonly binaries: Binaries;
  /** A restart keeps it: connection strings that were handed out stay good. */
  readonly port: number;
  readonly tuning: Tuning;
  readonly log: (sentence: string) => void;
  /** Who owns the place instead of this process; mostly nobody. */
  readonly lostTo: () => Promise<Owner | undefined>;
}

/** Starts a server again whenever it is found dead, waiting longer each time that this did not help. */
export function supervise(server: SupervisedServer): Supervision {
  const recovery = new RecoveryWatch();
  let ended = false;
  let lost = false;
  let lastPid = readPostmaster(server.place)?.pid ?? 0;
  let busy: Promise<void> = Promise.resolve();
  let idle = true;
  let waitMs = backOffMs.first;
  let restartedAt = -Infinity;
  let notBefore = -Infinity;

  const restart = async (): Promise<void> => {
    server.log(`PostgreSQL has ended unexpectedly and is started again; see ${server.place.logFile}.`);
    waitMs = performance.now() - restartedAt > backOffMs.forgottenAfter ? backOffMs.first : waitMs;
    try {
      await revive(server);
      server.log(`PostgreSQL is running again on port ${server.port}.`);
    } catch (error) {
      server.log(error instanceof Error ? error.message : String(error));
    }
    restartedAt = performance.now();
    notBefore = restartedAt + waitMs;
    waitMs = Math.min(waitMs * 2, backOffMs.most);
  };

  const check = async (): Promise<void> => {
    await limitLog(server.place);
    const found = readPostmaster(server.place);
    const other = await server.lostTo();
    if (other !== undefined) {
      giveUp(other);
      return;
    }
    lastPid = found?.pid ?? lastPid;
    if (found !== undefined) {
      const signal = found.status === 'stopping' ? undefined : recovery.look(found.pid);
      if (signal !== undefined) send(found.pid, signal);
    } else if (!ended && performance.now() >= notBefore) {
      await restart();
    }
  };

  /** Two servers on one cluster destroy it. The postmaster.pid may be the other's by now. */
  const giveUp = (other: Owner): void => {
    if (worksIn(lastPid, server.place.cluster)) send(lastPid, 'SIGQUIT');
    if (!lost)
      server.log(`PostgreSQL is ended at once, since ${described(other)} has taken over ${server.place.home}.`);
    lost = true;
  };

  const timer = setInterval(() => {
    if (idle) {
      idle = false;
      busy = check().finally(() => (idle = true));
    }
  }, checkEveryMs);
  timer.unref();

  return {
    async end() {
      ended = true;
      clearInterval(timer);
      await busy;
    },
  };
}

/** A backend that outlived its server for a moment makes the first attempt fail; the next one finds it gone. */
async function revive({ place, binaries, port, tuning }: SupervisedServer): Promise<void> {
  if ((await settle(place)) === undefined) {
    await startPostmaster(place, binaries, { port, ...tuning });
  }
}

/** PostgreSQL appends to its log, so the file can be cut at any time. */
async function limitLog(place: Place): Promise<void> {
  const size = await stat(place.logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > logBytesMax) {
    await truncate(place.logFile, 0).catch(() => undefined);
  }
}
