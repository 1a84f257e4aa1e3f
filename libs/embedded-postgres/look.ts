import { described, isOwned, readOwner } from './ownership.js';
import { findPlace } from './place.js';
import { readPostmaster } from './postmaster.js';
import { isOfThisSpace } from './process-identity.js';

/** What there is of the embedded server of a DATA_DIR. */
export interface EmbeddedPostgresLook {
  /** Where its files are. */
  readonly home: string;
  /** Process id of the server, where it runs. */
  readonly pid: number | undefined;
  /** Who said last that it manages the server, whether that process is still there, and whether `here` is where it is. */
  readonly owner: { readonly name: string; readonly isAlive: boolean; readonly isHere: boolean } | undefined;
}

/**
 * Looks at the embedded server, and touches nothing; undefined where none was ever started.
 *
 * @throws EmbeddedPostgresError when DATA_DIR points to a folder that is gone or belongs to another user.
 */
export async function lookAtEmbeddedPostgres(dataDir: string): Promise<EmbeddedPostgresLook | undefined> {
  const place = await findPlace(dataDir);
  if (place === undefined) return undefined;
  const { owner } = await readOwner(place);
  return {
    home: place.home,
    pid: readPostmaster(place)?.pid,
    owner: owner && {
      name: described(owner),
      isAlive: await isOwned(place, owner),
      isHere: isOfThisSpace(owner),
    },
  };
}
