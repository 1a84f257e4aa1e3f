import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip } from 'node:zlib';
import { ArchiveDamaged, ArchiveTooLarge, placeInWords, type ArchivePlace } from './archive-damaged.js';
import { END_LINE_START } from './encode.js';

const CHUNK_BYTES = 65_536;
/** The longest line is a commit; the largest request there is comes to half of this. */
const LINE_BYTES_MAX = 256 * 1_048_576;
const LINE_BREAK = 0x0a;

/** How much of an archive is read. */
export interface ReadLimits {
  /** Bytes of one line; at most 256 MiB, which is what it is by default. */
  readonly lineBytesMax?: number;
  /** Bytes of all lines; by default there is no limit. */
  readonly unpackedBytesMax?: number;
}

/** One line of an archive. */
export interface Line {
  /** The first is 1. */
  readonly number: number;
  readonly text: string;
  /** Of the last line: SHA-256 of all bytes before it. */
  readonly sha256Before: string | null;
}

/** The bytes of an archive, compressed as they are in its file. */
export type ArchiveSource = AsyncIterable<Uint8Array>;

/** What the lines read so far were about. */
export type Whereabouts = () => Pick<ArchivePlace, 'timeline' | 'version'>;

/** Unpacks an archive and cuts it into lines, holding one at a time. Throws `ArchiveDamaged` and `ArchiveTooLarge`. */
export async function* readLines(
  source: ArchiveSource,
  whereabouts: Whereabouts,
  limits: ReadLimits = {},
): AsyncGenerator<Line> {
  const cutter = new LineCutter(whereabouts, limits);
  for await (const chunk of unpacked(source, cutter)) yield* cutter.cut(chunk);
}

/**
 * Errors of the source come through as they are; those of the compression are damage where the cutter stands. Where the file
 * is cut off, everything before is still unpacked, so that the place is exact.
 */
async function* unpacked(source: ArchiveSource, cutter: LineCutter): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  const file = new Tailed(source);
  const fed = pipeline(Readable.from(file.bytes(), { objectMode: false }), gunzip);
  fed.catch(() => undefined);
  let unpackedBytes = 0;
  try {
    for await (const chunk of gunzip) {
      unpackedBytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    await fed;
  } catch (error) {
    throw isCompressionError(error) ? cutter.damaged(`it cannot be unpacked: ${error.message}`, error) : error;
  } finally {
    gunzip.destroy();
    await fed.catch(() => undefined);
  }
  cutter.finish();
  // The last four bytes of gzip are the length of what was packed (RFC 1952).
  if (file.tail !== unpackedBytes % 2 ** 32) throw cutter.damaged('the file is cut off, or something follows in it');
}

/** A source that keeps its last four bytes. */
class Tailed {
  readonly #source: ArchiveSource;
  #tail = Buffer.alloc(0);

  constructor(source: ArchiveSource) {
    this.#source = source;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      this.#tail = Buffer.concat([this.#tail, chunk.subarray(-4)]).subarray(-4);
      yield chunk;
    }
  }

  get tail(): number | undefined {
    return this.#tail.length === 4 ? this.#tail.readUInt32LE() : undefined;
  }
}

const isCompressionError = (error: unknown): error is { readonly code: string; readonly message: string } =>
  String((error as { readonly code?: unknown } | null)?.code).startsWith('Z_');

class LineCutter {
  readonly #whereabouts: Whereabouts;
  readonly #lineBytesMax: number;
  readonly #unpackedBytesMax: number;
  readonly #sha256: Hash = createHash('sha256');
  #number = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #bytes = 0;
  #ended = false;

  constructor(
    whereabouts: Whereabouts,
    { lineBytesMax = LINE_BYTES_MAX, unpackedBytesMax = Number.MAX_SAFE_INTEGER }: ReadLimits,
  ) {
    this.#whereabouts = whereabouts;
    this.#lineBytesMax = Math.min(lineBytesMax, LINE_BYTES_MAX);
    this.#unpackedBytesMax = unpackedBytesMax;
  }

  *cut(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let to = chunk.indexOf(LINE_BREAK); to >= 0; to = chunk.indexOf(LINE_BREAK, from)) {
      this.#gather(chunk.subarray(from, to + 1));
      yield this.#take();
      from = to + 1;
    }
    if (from < chunk.length) this.#gather(chunk.subarray(from));
  }

  finish(): void {
    if (this.#gatheredBytes > 0 || !this.#ended) throw this.damaged('the archive is cut off');
  }

  damaged(what: string, cause?: unknown): ArchiveDamaged {
    return new ArchiveDamaged(what, { line: this.#number + 1, ...this.#whereabouts() }, cause);
  }

  #gather(bytes: Buffer): void {
    if (this.#ended) throw this.damaged('something follows the last line');
    this.#gatheredBytes += bytes.length;
    this.#bytes += bytes.length;
    if (this.#gatheredBytes > this.#lineBytesMax) this.#refuse(`the line is longer than ${this.#lineBytesMax} bytes`);
    if (this.#bytes > this.#unpackedBytesMax) this.#refuse(`it unpacks to more than ${this.#unpackedBytesMax} bytes`);
    this.#gathered.push(bytes);
  }

  #refuse(what: string): never {
    const place = { line: this.#number + 1, ...this.#whereabouts() };
    throw new ArchiveTooLarge(`${placeInWords(place)}: ${what}`);
  }

  #take(): Line {
    const bytes = this.#gathered.length === 1 ? (this.#gathered[0] as Buffer) : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#number += 1;
    const text = bytes.toString('utf8', 0, bytes.length - 1);
    this.#ended = text.startsWith(END_LINE_START);
    const sha256Before = this.#ended ? this.#sha256.digest('hex') : null;
    if (!this.#ended) this.#sha256.update(bytes);
    return { number: this.#number, text, sha256Before };
  }
}
