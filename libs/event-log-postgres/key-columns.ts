import type { ProposedKey } from '#event-log';
import type { Values } from './connections.js';
import { brokenConstraint } from './failures.js';

/** first_version, event_count, digest, request_hash, reply */
export const keyColumns = (key: ProposedKey): Values => [
  key.firstVersion,
  key.lastVersion - key.firstVersion + 1,
  key.digest,
  key.requestHash,
  key.reply,
];

/** What a statement gave that burns a key besides what else it does; nothing of it was done where the key was taken. */
export async function orKeyTaken<T>(written: Promise<T>): Promise<T | 'key-taken'> {
  try {
    return await written;
  } catch (error) {
    if (brokenConstraint(error) === 'key_taken') return 'key-taken';
    throw error;
  }
}
