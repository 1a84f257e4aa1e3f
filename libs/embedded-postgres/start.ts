import { statfs } from 'node:fs/promises';
import { findBinaries } from './binaries.js';
import { ensureCluster } from './cluster.js';
import { explained, NoRoomError } from './failure.js';
import { connectionUrl } from './find.js';
import { takeOwnership } from './ownership.js';
import { openPlace } from './place.js';
import { host, readPostmaster, settle, startOnFreePort, stopPostmaster } from './postmaster.js';
import { supervise } from './supervise.js';

/** A server that is adopted keeps what it was started with, so that it is not started with less than most will need. */
const connectionsLeast = 200;

/** Where the server keeps its data, and who hears about it. */
export interface EmbeddedPostgresOptions {
  /** The folder the server keeps its files in or points from; made if missing. */
  readonly dataDir: string;
  /** Told, in whole sentences, what an operator would want to know. */
  readonly log: (sentence: string) => void;
  /** Off only for databases that are thrown away: a crash of the machine then corrupts them. Default true. */
  readonly fsync?: boolean;
  /** Connections that the server must take; it takes 200 at least. */
  readonly connectionsMax?: number;
  /** Of whoever starts it: told to another process that wants the same folder. */
  readonly version?: string;
}

/** A server that this process owns. */
export interface EmbeddedPostgres {
  /** Connection string of the superuser, password included. Good until `stop`, over restarts of the server too. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PostgreSQL's own data directory. */
  readonly dataDirectory: string;
  /** Process id of the server as of now, or undefined while it is down. */
  pid(): number | undefined;
  /** Fast shutdown, and the end of this process's ownership. To be called last, when nothing is connected any more. */
  stop(): Promise<void>;
}

/**
 * Brings up the PostgreSQL of a DATA_DIR and makes this process its owner, which restarts it with a back-off if it dies.
 * A server that runs without an owner, because that was killed, is adopted as it is; one that was killed is started and
 * recovers. The server outlives a killed owner; `stop` ends it.
 *
 * @throws EmbeddedPostgresError in one sentence: another live process owns it, no binaries, no suitable user, no start;
 *   NoRoomError where the disk is why.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (cause) {
    if (saysNoRoom(cause) || (await isFull(options.dataDir))) {
      throw new NoRoomError(`PostgreSQL cannot start: there is no room on the disk of ${options.dataDir}.`, { cause });
    }
    throw await explained(cause, options.dataDir);
  }
}

/** Node's words and PostgreSQL's, of bytes as of files; by now there may be room again. */
function saysNoRoom(error: unknown): boolean {
  return error instanceof Error && /no space left on device|disk quota exceeded/i.test(error.message);
}

/** With less than a page of its log nothing can be begun. What was thrown need not say so: it had no room for a word. */
const roomLeast = 8_192;

async function isFull(folder: string): Promise<boolean> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize < roomLeast,
    () => false,
  );
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, fsync = true } = options;
  const place = await openPlace(options.dataDir);
  const ownership = await takeOwnership(place, options.version);
  const connectionsMax = Math.max(options.connectionsMax ?? 0, connectionsLeast);
  const tuning = { fsync, connectionsMax, heartbeat: ownership.heartbeat };
  try {
    const binaries = await findBinaries(place, log);
    await ensureCluster(place, binaries, fsync);
    const adopted = await settle(place);
    const { port } = adopted ?? (await startOnFreePort(place, binaries, tuning));
    log(
      `PostgreSQL ${adopted === undefined ? 'runs' : 'was found running'} on port ${port}, its data in ${place.home}.`,
    );
    const supervision = supervise({ place, binaries, port, tuning, log, lostTo: () => ownership.lostTo() });
    return {
      url: await connectionUrl(place, port),
      host,
      port,
      dataDirectory: place.cluster,
      pid: () => readPostmaster(place)?.pid,
      async stop() {
        await supervision.end();
        await stopPostmaster(place);
        await ownership.release();
      },
    };
  } catch (error) {
    await ownership.release();
    throw error;
  }
}
