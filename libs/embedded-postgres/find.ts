import { readFile } from 'node:fs/promises';
import { ownerName } from './cluster.js';
import { findPlace, type Place } from './place.js';
import { host, readPostmaster } from './postmaster.js';

/** An embedded server that runs, whoever started it. */
export interface FoundPostgres {
  /** Connection string of the superuser, password included. */
  readonly url: string;
  /** Process id of the server. */
  readonly pid: number;
}

/**
 * The running server of a DATA_DIR, for a command line beside the API; undefined where none runs. It takes nothing over
 * and starts nothing.
 *
 * @throws EmbeddedPostgresError when DATA_DIR points to a folder that is gone or belongs to another user.
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundPostgres | undefined> {
  const place = await findPlace(dataDir);
  const running = place === undefined ? undefined : readPostmaster(place);
  return place === undefined || running === undefined
    ? undefined
    : { url: await connectionUrl(place, running.port), pid: running.pid };
}

/** The connection string of a place's server on a port. */
export async function connectionUrl(place: Place, port: number): Promise<string> {
  const password = (await readFile(place.passwordFile, 'utf8')).trim();
  return `postgresql://${ownerName}:${password}@${host}:${port}/${ownerName}`;
}
