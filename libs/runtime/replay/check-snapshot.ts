import { createHash } from 'node:crypto';
import { uncoveredText, type State } from '#domain';
import type { EventLog, Head, Snapshot, SnapshotInfo } from '#event-log';
import type { Pacer } from '../pacer.js';
import { BadSnapshot, decompressed } from '../snapshots.js';

/** What the log gives at a version. */
export interface Replayed {
  readonly state: State;
  readonly head: Head;
  readonly stateHash: string;
}

const BYTES_PER_PIECE = 64 * 1024;

/**
 * What is wrong with a snapshot, byte for byte, by what the log gives at its version; undefined if nothing is, or if it is
 * gone meanwhile. It is compared as text, which is cheaper than to read a state out of it, and can be done in pieces.
 */
export async function problemOf(
  { log, pacer }: { readonly log: EventLog; readonly pacer: Pacer },
  info: SnapshotInfo,
  replayed: Replayed,
): Promise<string | undefined> {
  if (info.chainHash !== replayed.head.hash) return "its chain hash is not the log's";
  if (info.stateHash !== replayed.stateHash) return 'its state is not the one that the log gives';
  const snapshot = await log.loadSnapshot(info);
  return snapshot && contentProblem(pacer, snapshot, replayed);
}

async function contentProblem(
  pacer: Pacer,
  snapshot: Snapshot,
  { state, stateHash }: Replayed,
): Promise<string | undefined> {
  if ((await sha256(pacer, snapshot.bytes)) !== snapshot.sha256) return 'its bytes do not have its checksum';
  const uncovered = [...uncoveredText(state)].join('');
  const start = Buffer.from(`${uncovered.length}:${uncovered}`);
  let content: Buffer;
  try {
    content = await decompressed(snapshot);
  } catch (error) {
    if (error instanceof BadSnapshot) return error.message;
    throw error;
  }
  const isSame =
    content.subarray(0, start.length).equals(start) &&
    (await sha256(pacer, content.subarray(start.length))) === stateHash;
  return isSame ? undefined : 'what it holds is not the state that it names';
}

async function sha256(pacer: Pacer, bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < bytes.length; start += BYTES_PER_PIECE) {
    if (pacer.mustRest) await pacer.rest();
    pacer.run(() => hash.update(bytes.subarray(start, start + BYTES_PER_PIECE)));
  }
  return hash.digest('hex');
}
