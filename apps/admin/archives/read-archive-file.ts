import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ArchiveDamaged, ArchiveTooLarge, ArchiveUnsound } from '#archives';
import { Failure, refused } from '../failure.js';
import { codeOf, whyNot } from '../files/why-not.js';
import { takeArchive, type TakenArchive, type Taking } from './take-archive.js';

const pieceBytes = 262_144;

/** The bytes of an archive that lies in a file. @throws Failure `file-unreadable` */
export async function* archiveFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What is wrong with an archive in a file, for whoever named it; anything else as it is. */
export function withPath(path: string, error: unknown): unknown {
  if (error instanceof ArchiveDamaged) return refused('archive-damaged', `${path} is damaged: ${error.message}.`);
  if (error instanceof ArchiveUnsound) return refused('archive-unsound', `${path} is unsound: ${error.message}.`);
  if (error instanceof ArchiveTooLarge) return refused('archive-too-large', `${path} is too large: ${error.message}.`);
  return error;
}

/** Reads a file to its end and checks it. @throws Failure `file-unreadable`; what is wrong with it, with the place */
export async function readArchiveFile(path: string, how: Pick<Taking, 'onEvents' | 'check'>): Promise<TakenArchive> {
  try {
    if (!(await stat(path)).isFile()) throw refused('file-unreadable', `${path} cannot be read: it is no file.`);
    return await takeArchive({ source: archiveFile(path), ...how });
  } catch (error) {
    if (codeOf(error) === '' || error instanceof Failure) throw withPath(path, error);
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown): Failure =>
  refused('file-unreadable', `${path} cannot be read: ${whyNot(error)}.`);
