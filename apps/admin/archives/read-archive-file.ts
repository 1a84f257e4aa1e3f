import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ArchiveDamaged, type ArchiveSource, type OnEvents } from '#archives';
import { Failure, refused } from '../failure.js';
import { codeOf, whyNot } from '../files/why-not.js';
import { takeArchive, type TakenArchive } from './take-archive.js';

const pieceBytes = 262_144;

/** The bytes of an archive that lies in a file. */
export const archiveFile = (path: string): ArchiveSource =>
  createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>;

/** Reads a file to its end and checks it. @throws Failure `file-unreadable`, `archive-damaged` with the place */
export async function readArchiveFile(path: string, onEvents: OnEvents): Promise<TakenArchive> {
  try {
    if (!(await stat(path)).isFile()) throw refused('file-unreadable', `${path} cannot be read: it is no file.`);
    return await takeArchive({ source: archiveFile(path), onEvents });
  } catch (error) {
    if (error instanceof ArchiveDamaged) throw refused('archive-damaged', `${path} is damaged: ${error.message}.`);
    if (codeOf(error) === '' || error instanceof Failure) throw error;
    throw refused('file-unreadable', `${path} cannot be read: ${whyNot(error)}.`);
  }
}
