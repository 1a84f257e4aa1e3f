import { uncoveredText, type State } from '#domain';
import type { EventLog, Head, Snapshot, SnapshotInfo } from '#event-log';
import type { Pacer } from '../pacer.js';
import { BadSnapshot, decompressed, sha256, splitAt } from '../snapshots.js';

/** What the log gives at a version. */
export interface Replayed {
  readonly state: State;
  readonly head: Head;
  readonly stateHash: string;
}

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
  if ((await sha256(pacer, [snapshot.bytes])) !== snapshot.sha256) return 'its bytes do not have its checksum';
  const uncovered = [...uncoveredText(state)].join('');
  const start = Buffer.from(`${uncovered.length}:${uncovered}`);
  let content: Buffer[];
  try {
    content = await decompressed(snapshot);
  } catch (error) {
    if (error instanceof BadSnapshot) return error.message;
    throw error;
  }
  const { before, behind } = splitAt(content, start.length);
  const isSame = Buffer.concat(before).equals(start) && (await sha256(pacer, behind)) === stateHash;
  return isSame ? undefined : 'what it holds is not the state that it names';
}
