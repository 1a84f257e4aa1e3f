import type { Head, RecordedCommit, RecordedEvent, TimelineId } from './log.js';

/** A row of `event`, whatever it says. */
export interface StoredEvent extends RecordedEvent {
  /** What the row keeps of its link; see `linkCheck`. */
  readonly check: number;
}

/** A row of `commit`, whatever it says. */
export interface StoredCommit extends RecordedCommit {
  /** The bytes of its events' data, as the row has it. No hash covers it. */
  readonly dataBytes: number;
}

/** Which rows of a timeline's own to scan, not of its ancestry: events by version, commits by their last version. */
export interface ScanRange {
  readonly timelineId: TimelineId;
  /** Exclusive; null: from the lowest there is, below the first version too. */
  readonly afterVersion: number | null;
  /** Inclusive; absent: all there are, beyond the head too. */
  readonly toVersion?: number;
}

/** Where rows stand that the head of their timeline does not cover: the lowest version, or null where there is none. */
export interface BeyondHead {
  readonly head: Head;
  readonly eventVersion: number | null;
  readonly commitVersion: number | null;
}

/** Rows that belong to no timeline: whoever put or left them there did it by hand. */
export interface StrayRows {
  readonly table: 'event' | 'commit';
  /** The number that they carry. */
  readonly timelineId: TimelineId;
  /** The lowest of their versions. */
  readonly version: number;
}

/**
 * The rows as they are stored, for whoever trusts none of them: nothing is joined, left out, put in order by what a row
 * says of another, or refused. Each page is a statement of its own.
 */
export interface StoredRows {
  /** Pages of a timeline's own rows of `event`, in order of version; gaps and strays included. */
  scanEvents(range: ScanRange): AsyncIterable<readonly StoredEvent[]>;
  /** Pages of a timeline's own rows of `commit`, in order of last version. */
  scanCommits(range: ScanRange): AsyncIterable<readonly StoredCommit[]>;
  /** The head and the rows beyond it, in one database snapshot, so that no append under way counts. @throws TimelineGone */
  findBeyondHead(timelineId: TimelineId): Promise<BeyondHead>;
  /** Rows of timelines that were never in this log; those of removed ones are none. By number, events before commits. */
  findStrayRows(): Promise<readonly StrayRows[]>;
}
