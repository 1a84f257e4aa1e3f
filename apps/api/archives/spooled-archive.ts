import { randomUUID } from 'node:crypto';
import { open, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { ProblemError } from '../problems/problem-error.js';

const READ_BYTES = 262_144;

/** How much of an upload is taken, and until when. */
export interface SpoolLimits {
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** An upload in a file that has no name any more: whatever becomes of the process, nothing of it is left. */
export class SpooledArchive {
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;

  private constructor(file: FileHandle, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  /** @throws ProblemError `body-too-large`, `overloaded` where it cannot be put down, `request-timeout` where the client left */
  static async from(upload: Readable, { bytesMax, signal }: SpoolLimits): Promise<SpooledArchive> {
    const path = join(tmpdir(), `seed-import-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600).catch((error: unknown) => {
      throw asProblem(error);
    });
    try {
      await unlink(path);
      await writeFile(file, bounded(addAbortSignal(signal, upload), bytesMax));
      return new SpooledArchive(file, signal);
    } catch (error) {
      await file.close();
      throw asProblem(error);
    }
  }

  /** Its bytes from the first to the last; may be asked for again. */
  async *read(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      this.#signal.throwIfAborted();
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function* bounded(upload: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  // A request that is destroyed takes its connection, and the refusal, with it.
  for await (const chunk of upload.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    yield chunk as Buffer;
  }
}

export const tooLarge = (bytesMax: number): ProblemError =>
  new ProblemError('body-too-large', `An archive may have ${bytesMax} bytes here (IMPORT_MAX_BYTES).`);

function asProblem(error: unknown): unknown {
  switch ((error as { readonly code?: unknown } | null)?.code) {
    case 'EACCES':
    case 'ENOENT':
    case 'EPERM':
    case 'EROFS':
      return new ProblemError(
        'overloaded',
        'There is no temporary folder for the archive that the server can write into: TMPDIR has to name one.',
      );
    case 'EDQUOT':
    case 'ENOSPC':
      return new ProblemError('overloaded', 'There is no room for the archive in the temporary folder.');
    case 'ECONNRESET':
      return new ProblemError('request-timeout', 'The client left before its archive had come.');
    default:
      return error;
  }
}
