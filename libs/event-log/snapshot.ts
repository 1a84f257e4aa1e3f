import type { ChainHash, TimelineId } from './log.js';

/** What is known of a snapshot without its bytes. */
export interface SnapshotInfo {
  /** The timeline that it was taken of: the one asked about, or one of its ancestry. */
  readonly timelineId: TimelineId;
  readonly version: number;
  /** Layout of the bytes. */
  readonly format: number;
  /** Fingerprint of the reducer that folded the state. */
  readonly reducer: string;
  /** Chain hash of the log at `version`. */
  readonly chainHash: ChainHash;
  readonly codec: string;
  readonly sizeBytes: number;
  /** SHA-256 of the stored bytes, hexadecimal. */
  readonly sha256: string;
  readonly stateHash: string;
  readonly takenAtMs: number;
  /** How often the timeline had been rebuilt when the state that it was taken of was loaded. */
  readonly rebuilds: number;
}

/** A snapshot with its bytes, in the layout that `format` and `codec` name. */
export interface Snapshot extends SnapshotInfo {
  readonly bytes: Buffer;
}
