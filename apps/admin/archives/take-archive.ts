import { createHash } from 'node:crypto';
import { ArchiveDamaged, checkArchive, type ArchiveSource, type CheckedArchive, type OnEvents } from '#archives';
import { refused } from '../failure.js';

/** An archive that was read to its end, whole and checked. */
export interface TakenArchive {
  readonly manifest: CheckedArchive;
  readonly bytes: number;
  /** Of the file; that in the manifest is of the lines in it. */
  readonly sha256: string;
}

/** Where an archive comes from, and where its bytes go. */
export interface Taking {
  readonly source: ArchiveSource;
  /** Default: nowhere. */
  readonly sink?: (bytes: Uint8Array) => Promise<void>;
  readonly onEvents: OnEvents;
  /** What reads it to its end; default: `checkArchive`. */
  readonly check?: (source: ArchiveSource, onEvents: OnEvents) => Promise<CheckedArchive>;
}

const checkOnly = (source: ArchiveSource, onEvents: OnEvents): Promise<CheckedArchive> =>
  checkArchive(source, { onEvents });

/** Passes an archive on and checks it on the way. @throws what `check`, source and sink throw */
export async function takeArchive({ source, sink, onEvents, check = checkOnly }: Taking): Promise<TakenArchive> {
  const sha256 = createHash('sha256');
  let bytes = 0;
  async function* passing(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      await sink?.(chunk);
      sha256.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const manifest = await check(passing(), onEvents);
  return { manifest, bytes, sha256: sha256.digest('hex') };
}

/** The same of an archive that is just made. @throws Failure `archive-damaged` where its log was changed by hand */
export async function takeNewArchive(taking: Taking): Promise<TakenArchive> {
  try {
    return await takeArchive(taking);
  } catch (error) {
    if (!(error instanceof ArchiveDamaged)) throw error;
    const { message } = error;
    throw refused('archive-damaged', `The archive that was made is damaged, as its log may be: ${message}.`);
  }
}
