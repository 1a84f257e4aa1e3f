import { ArchiveDamaged, ArchiveUnsound, type ArchivePlace } from './archive-damaged.js';
import { Chains } from './check-chains.js';
import { countEvents, type OnEvents } from './count-events.js';
import { NotOfThatShape } from './decode.js';
import type { ArchiveManifest } from './manifest.js';
import { readArchive, type ArchiveRecord } from './read-archive.js';
import type { ArchiveSource, ReadLimits } from './read-lines.js';

/** The manifest of an archive that was checked, and the SHA-256 of its lines, by which it can be told again. */
export interface CheckedArchive extends ArchiveManifest {
  readonly sha256: string;
}

/** How an archive is read. */
export interface CheckOptions {
  readonly onEvents?: OnEvents | undefined;
  readonly limits?: ReadLimits;
}

/** Looks at each record of an archive behind its manifest. Throws `NotOfThatShape` and `NotSound`. */
export type Follower = (record: ArchiveRecord) => void;

/** A record is of its shape and holds what no log may hold. */
export class NotSound extends Error {
  override readonly name = 'NotSound';

  constructor(
    message: string,
    /** Where in the record; absent: the record's own. */
    readonly version?: number,
  ) {
    super(message);
  }
}

/**
 * Reads all of an archive in constant memory and checks that it is whole and unchanged: the compression, the shape and order
 * of every line, the SHA-256 of the last one, and the hash chain of every timeline from its genesis to the manifest's head.
 * What its events say is left alone: `proveArchive` looks at that. Throws `ArchiveDamaged` with the place,
 * `ArchiveTooLarge`, and what the source throws.
 */
export const checkArchive = (source: ArchiveSource, options: CheckOptions = {}): Promise<CheckedArchive> =>
  followArchive(source, options, (manifest) => [followChains(manifest)]);

/** Reads all of an archive and shows each record to those who follow it. */
export async function followArchive(
  source: ArchiveSource,
  { onEvents, limits }: CheckOptions,
  followersOf: (manifest: ArchiveManifest, place: ArchivePlace) => readonly Follower[],
): Promise<CheckedArchive> {
  let manifest: ArchiveManifest | undefined;
  let followers: readonly Follower[] = [];
  let sha256 = '';
  for await (const record of countEvents(readArchive(source, limits), onEvents)) {
    placed(record.place, () => {
      if (record.kind === 'manifest') followers = followersOf((manifest = record.manifest), record.place);
      else for (const follow of followers) follow(record);
    });
    if (record.kind === 'end') ({ sha256 } = record);
  }
  if (manifest === undefined) throw new TypeError('an archive without a manifest was read to its end');
  return { ...manifest, sha256 };
}

/** Does a piece of work; what is wrong with the archive is told with the place. */
function placed(place: ArchivePlace, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof NotOfThatShape) throw new ArchiveDamaged(error.message, place);
    if (!(error instanceof NotSound)) throw error;
    throw new ArchiveUnsound(error.message, { ...place, version: error.version ?? place.version });
  }
}

export function followChains(manifest: ArchiveManifest): Follower {
  const chains = new Chains(manifest);
  return (record) => {
    if (record.kind === 'timeline') chains.begin(record.name);
    if (record.kind === 'commit') chains.add(record.commit, record.events);
  };
}
