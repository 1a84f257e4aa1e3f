import type { ChainHash } from '#event-log';

/**
 * What can be wrong with a timeline. All but the last two are about the rows: somebody edited them by hand, or the disk did.
 *
 * - `event-changed`, `event-missing`, `event-inserted`: a row of `event`; the version is its own.
 * - `commit-changed`, `commit-inserted`: a row of `commit`; the version is the last one that it covers.
 * - `commit-missing`: no row of `commit` covers this version.
 * - `head`: the timeline's own row and its last commit do not agree; the version is the first that only one of them has.
 * - `genesis`: a chain does not start where it says; the version is the one that a fork branches off at, 0 of a root.
 * - `expected-hash`: the chain is sound, and is not the one whose hash was noted.
 * - `invariant`: the rows are as they were written, and what they say breaks a rule of the economy.
 * - `unreadable-event`: the rows are as they were written, by a newer build. This is no corruption.
 */
export const VIOLATION_KINDS = [
  'event-changed',
  'event-missing',
  'event-inserted',
  'commit-changed',
  'commit-missing',
  'commit-inserted',
  'head',
  'genesis',
  'expected-hash',
  'invariant',
  'unreadable-event',
] as const;

/** One of `VIOLATION_KINDS`. */
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

/** The first thing that is wrong. */
export interface Violation {
  readonly version: number;
  readonly kind: ViolationKind;
  /** A sentence without its full stop. */
  readonly detail: string;
  /** Which timeline keeps the row: the one that was verified, or one of its ancestry. */
  readonly timeline: string;
}

/** What verifying a timeline came to. */
export interface Verification {
  readonly timeline: string;
  readonly valid: boolean;
  /** The last version that is proven: the head, unless something is wrong. */
  readonly version: number;
  /** The chain hash there. */
  readonly headHash: ChainHash;
  /** Commits and events that were proven, the ancestry's included. */
  readonly commits: number;
  readonly events: number;
  /** SHA-256 of the state's canonical text at the head; null where the log was not folded up to there. */
  readonly stateHash: string | null;
  readonly firstViolation: Violation | null;
}

/** The chain hash that was noted at a version, at the head of its time or anywhere below. */
export interface ExpectedHash {
  readonly version: number;
  readonly hash: string;
}

/** How work that takes long keeps out of others' way. */
export interface Pace {
  readonly mustRest: boolean;
  /** Resolves when the work may go on. */
  rest(): Promise<void>;
  /** Does a small piece of work at once and returns what it came to. */
  run<T>(piece: () => T): T;
}

/** How to verify. */
export interface VerifyOptions {
  readonly expected?: readonly ExpectedHash[];
  /** Ends the work: the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: as fast as it goes. */
  readonly pace?: Pace;
  /**
   * Told of what the state takes in memory that the log is folded into; the work waits for what is returned, and ends where
   * that is rejected.
   */
  readonly onGrowth?: (bytes: number) => Promise<void> | undefined;
  /** Told now and then of the version that is proven, and of the one to reach. */
  readonly onProgress?: (progress: { readonly version: number; readonly of: number }) => void;
}
