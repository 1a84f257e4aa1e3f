import type { Changes, Difference, DifferencePosition, DomainEvent, EventType, ReadableState, State } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { ExpectedHash, Verification } from '#proof';

/** Where in a timeline's history: a version, or the last event at or before a time, ms since the Unix epoch. */
export type Moment = { readonly version: number } | { readonly timeMs: number };

/** A state of the past, for use within the turn. */
export interface PastView {
  readonly timeline: string;
  readonly state: State;
  readonly version: number;
}

/** A state of the past that holds still for as long as the work with it goes on. */
export interface HeldView {
  readonly timeline: string;
  readonly state: ReadableState;
  readonly version: number;
  /** SHA-256 of the canonical text, hexadecimal; computed in slices, and once for each version. */
  readonly stateHash: () => Promise<string>;
}

/** What one event changed. */
export interface Step {
  readonly event: RecordedEvent;
  readonly changes: Changes;
  readonly stateHash: { readonly before: string; readonly after: string };
  /** As the event left it. Nobody changes it. */
  readonly state: State;
}

/** Something in the state whose values are followed from version to version. */
export interface Followed<Value> {
  /** Types of the events that can bring it into being. */
  readonly births: readonly EventType[];
  /** Whether an event of those types did. */
  readonly isBirth: (event: DomainEvent) => boolean;
  /**
   * Its value, called after every event: `last` itself where nothing changed, so that it costs next to nothing; undefined
   * while it is not there.
   */
  readonly look: (state: State, last: Value | undefined) => Value | undefined;
  /** What lowest and highest mean: below 0 where the first is lower. */
  readonly compare: (one: Value, other: Value) => number;
}

/** One value of a series, and the event that made it so. */
export interface SeriesPoint<Value> {
  readonly version: number;
  readonly atMs: number;
  readonly value: Value;
}

/** How something changed over a stretch of versions. */
export interface Series<Value> {
  readonly from: number;
  readonly to: number;
  /** Points before sampling: the value at `from`, if it was there, and every change after it. */
  readonly total: number;
  /** Whether some of them are left out: of each bucket of versions the first, lowest, highest and last are there. */
  readonly sampled: boolean;
  readonly points: readonly SeriesPoint<Value>[];
}

/** Which series to make. */
export interface SeriesRequest<Value> {
  readonly followed: Followed<Value>;
  /** Null: where it came into being. */
  readonly from: Moment | null;
  /** Null: the head. */
  readonly to: Moment | null;
  readonly pointsMax: number;
}

/** Two timelines to compare. */
export interface ComparisonRequest {
  readonly left: string;
  readonly right: string;
  /** At these versions; null: at both heads. */
  readonly versions: { readonly left: number; readonly right: number } | null;
}

/** The first event on each side that the other side does not have in its place; null on a side that has no more events. */
export interface Divergence {
  readonly left: RecordedEvent | null;
  readonly right: RecordedEvent | null;
}

/** Two states beside each other. */
export interface Comparison {
  readonly left: HeldView;
  readonly right: HeldView;
  /** The last version that both timelines have in common; null where they have none. */
  readonly ancestor: { readonly timeline: string; readonly version: number } | null;
  /** Reads both logs from the common ancestor on; null where neither has an event that the other has not. */
  firstDivergence(): Promise<Divergence | null>;
  /** What was found before, by the versions on each side. */
  divergenceAt(versions: { readonly left: number | null; readonly right: number | null }): Promise<Divergence>;
  /** In the order of sections and ids, behind `after`. */
  differences(after?: DifferencePosition): AsyncIterable<Difference>;
}

/** Who waits for work, and for how long. */
export interface Waiting {
  /** Ends work that nobody waits for any more. */
  readonly signal?: AbortSignal | undefined;
  /** For whom it is: clients share the places for it. Absent: for the process itself. */
  readonly client?: string | undefined;
}

/**
 * States of the past. Each is folded from the nearest snapshot beside the live timelines, which go on meanwhile; a bounded
 * number at once, some more wait, and then it is `Overloaded`; a client has half of the places. What is asked at the head of a live timeline is read there.
 *
 * All of it rejects with `TimelineUnknown`, with `VersionAhead` where there is no such version yet, with `StateUnknown`
 * before the first event, with `MomentsReversed` where a stretch ends before it starts, and with `TimelineStopped` or
 * `LogCorrupt` where the log cannot be read that far.
 */
export interface Past {
  /** Runs `view` on the state at a moment; `view` must not keep it. */
  read<T>(timeline: string, at: Moment, view: (past: PastView) => T, waiting?: Waiting): Promise<T>;
  /** For work of more than a turn; it holds one of the few places. */
  readHeld<T>(timeline: string, at: Moment, work: (held: HeldView) => Promise<T>, waiting?: Waiting): Promise<T>;
  /** What the event at a version changed. */
  step(timeline: string, version: number, waiting?: Waiting): Promise<Step>;
  /** Undefined where it never was there. */
  series<Value>(timeline: string, request: SeriesRequest<Value>, waiting?: Waiting): Promise<Series<Value> | undefined>;
  /** Compares the states of two timelines. */
  compare<T>(request: ComparisonRequest, work: (comparison: Comparison) => Promise<T>, waiting?: Waiting): Promise<T>;
  /**
   * Proves a timeline's history (`verifyTimeline`), of one that is stopped too: nothing is loaded, no snapshot is trusted,
   * and what is wrong is told, not thrown.
   */
  verify(timeline: string, expected: readonly ExpectedHash[], waiting?: Waiting): Promise<Verification>;
  /** This process only. */
  status(): PastStatus;
}

/** What one process does with past states now. */
export interface PastStatus {
  readonly folding: number;
  readonly waiting: number;
  /** Kept from earlier, for whoever asks for what is near. */
  readonly kept: number;
}
