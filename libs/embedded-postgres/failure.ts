import { stat } from 'node:fs/promises';

/** The embedded server cannot be started or found. Its message is one sentence for the operator. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** There is no room on its disk; later there may be. */
export class NoRoomError extends EmbeddedPostgresError {}

/** What the system says of a folder that cannot be used, as a sentence that says what to do; anything else as it is. */
export async function explained(error: unknown, dataDir: string): Promise<unknown> {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall === 'mkdir') {
    return new EmbeddedPostgresError(
      `The data directory ${dataDir} cannot be made there: make it, writable, or give another DATA_DIR.`,
      { cause: error },
    );
  }
  if (error instanceof EmbeddedPostgresError || syscall?.startsWith('spawn') === true) return error;
  const why = await whyUnusable(code, path ?? dataDir);
  if (why === undefined) return error;
  return new EmbeddedPostgresError(`The data directory ${dataDir} cannot be used: ${why}.`, { cause: error });
}

async function whyUnusable(code: string | undefined, path: string): Promise<string | undefined> {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} is a file, or is below one: give a folder as DATA_DIR`;
    case 'EROFS':
      return `${path} can only be read: mount it writable, or give another DATA_DIR`;
    case 'EACCES':
    case 'EPERM': {
      return `user id ${process.getuid?.() ?? 'unknown'} may not write ${path}${await ownerOf(path)}: give it to that user, with all that is in it, or start as its owner`;
    }
    case undefined:
    default:
      return undefined;
  }
}

async function ownerOf(path: string): Promise<string> {
  const owner = await stat(path).catch(() => undefined);
  return owner === undefined ? '' : `, which belongs to user id ${owner.uid}`;
}
