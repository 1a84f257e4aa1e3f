import type { ClockKind, ForkStart, JsonValue } from '#domain';
import type { Label, StrayRows } from '#event-log';
import type {
  AgentView,
  At,
  CommandReply,
  ComparisonView,
  EventPage,
  MarketView,
  PresentedEvent,
  ReplayView,
  SnapshotView,
  StateView,
  TimelineEntryView,
} from '#presentation';
import type { ExpectedHash, Verification, VerifyOptions } from '#proof';

/** What a fork is to be, in HTTP units. */
export interface NewFork {
  readonly name: string;
  /** A version at which a command ends, or a label; absent: the head. */
  readonly at?: number | { readonly label: string };
  readonly clock?: ClockKind;
  /** For a wall clock alone; absent: from the fork's time. */
  readonly runsFrom?: ForkStart;
  readonly settings?: ForkSettings;
  readonly reason?: string;
}

/** Settings that change with a fork. */
export interface ForkSettings {
  readonly reactAt?: string;
  readonly autoMarketAt?: string;
  readonly tickSeconds?: number;
  readonly liquidity?: string;
  readonly feeBps?: number;
}

/** A label to be put on a version; absent: the head. */
export interface NewLabel {
  readonly label: string;
  readonly version?: number;
}

/** Which page of which comparison. */
export interface ComparisonPage {
  readonly left: string;
  readonly right: string;
  readonly limit: number;
  /** A `nextCursor` of the same comparison. */
  readonly cursor?: string;
}

/** A replay to be made. */
export interface NewReplay {
  readonly timeline: string;
  readonly mode: 'verify' | 'rebuild';
  /** Where a verification ends; absent: the head. */
  readonly to?: number;
}

/** Which events. */
export interface EventsWanted {
  /** Exclusive. */
  readonly after: number;
  /** All where it is absent. */
  readonly types?: readonly string[];
  readonly limit: number;
}

/** Where to follow a timeline from. */
export interface StreamWanted {
  /** Exclusive; null: the head. */
  readonly after: number | null;
  readonly types?: readonly string[];
  readonly signal: AbortSignal;
}

/** How far a stream has come, and what happened there; null where the filter hides it, or for the place where it starts. */
export interface Streamed {
  readonly version: number;
  readonly event: PresentedEvent | null;
}

/**
 * What the commands do with timelines, through a running server or on the database. Replies are those of the HTTP routes.
 * A change brings an idempotency key: the one given, or one made of the change itself, so that the same again has one
 * effect.
 *
 * All of it rejects with a `Failure`, or with an error that `failureOf` makes one of.
 */
export interface Desk {
  /** Who answers, in words and without a password. */
  readonly name: string;
  /** ms since the Unix epoch, by the clock of who answers. */
  nowMs(): Promise<number>;
  /** All of them, in order of name. */
  timelines(): Promise<readonly TimelineEntryView[]>;
  takeSnapshot(timeline: string): Promise<SnapshotView>;
  /** Newest first. */
  snapshots(timeline: string): Promise<readonly SnapshotView[]>;
  putLabel(timeline: string, label: NewLabel, key: string | undefined): Promise<Label>;
  /** All of them, those of the ancestry included, in order of label. */
  labels(timeline: string): Promise<readonly Label[]>;
  fork(parent: string, fork: NewFork, key: string | undefined): Promise<CommandReply>;
  complete(timeline: string, result: JsonValue | undefined, key: string | undefined): Promise<CommandReply>;
  archive(timeline: string, key: string | undefined): Promise<CommandReply>;
  remove(timeline: string, key: string | undefined): Promise<void>;
  compare(page: ComparisonPage): Promise<ComparisonView>;
  /** `at` is a version or a time as text; null: the head. */
  state(timeline: string, at: string | null): Promise<StateView>;
  /** All of the state as JSON text, in pieces. */
  fullState(timeline: string, at: string | null, write: (piece: string) => Promise<void>): Promise<void>;
  agent(timeline: string, agentId: string, at: string | null): Promise<At & AgentView>;
  market(timeline: string, marketId: string, at: string | null): Promise<At & MarketView>;
  /** Proves all of the history; a server tells no progress. */
  verify(
    timeline: string,
    expected: readonly ExpectedHash[],
    onProgress: NonNullable<VerifyOptions['onProgress']>,
  ): Promise<Verification>;
  /** The lowest rows of the log that belong to no timeline, by table and number. */
  strayRows(): Promise<readonly StrayRows[]>;
  startReplay(replay: NewReplay, key: string): Promise<ReplayView>;
  replay(id: string): Promise<ReplayView>;
  /** Ends it, unless it has ended: then it is as it was. */
  cancelReplay(id: string): Promise<ReplayView>;
  events(timeline: string, wanted: EventsWanted): Promise<EventPage>;
  /** Events as they are committed, in order and without a gap, until the signal aborts or the stream breaks. */
  stream(timeline: string, wanted: StreamWanted): AsyncIterable<Streamed>;
}
