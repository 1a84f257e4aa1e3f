import { randomUUID } from 'node:crypto';
import type { Command, Refusal } from '#domain';
import { OutcomeUnknown, type RecordedEvent } from '#event-log';
import {
  DeadlineExceeded,
  type BatchOutcome,
  type BatchSubmission,
  type Outcome,
  type RequestKey,
  type Submission,
} from './contract.js';

/** One command of a piece of work. It keeps its id over all attempts. */
export interface Entry {
  readonly command: Command;
  readonly commandId: string;
  readonly key: RequestKey | null;
  /** The database refused its events, alone in an append: it is refused without being decided again. */
  isNotStorable?: boolean;
}

/** An outcome as it stands after the commit: of an earlier execution only the versions are known until they are read. */
export type SettledOutcome =
  Outcome | { readonly status: 'recorded'; readonly firstVersion: number; readonly lastVersion: number };

/** What the work came to when it ended early, or null when each entry has its outcome. */
export type EarlyEnd =
  | { readonly status: 'refused'; readonly index: number; readonly refusal: Refusal }
  | { readonly status: 'precondition-failed'; readonly version: number }
  | { readonly status: 'key-reused' };

/** Of a command, its entry and its promise. Texts of these few types are as long as a body may be. */
const BYTES_PER_COMMAND = 1_024;

function bytesOf(command: Command): number {
  if (command.type === 'SaveDocument') return BYTES_PER_COMMAND + 2 * command.text.length;
  const isLong = command.type === 'CompleteTimeline' || command.type === 'RecordWorldState';
  return BYTES_PER_COMMAND + (isLong ? 8 * JSON.stringify(command).length : 0);
}

/** What waits in a timeline's queue: a single command, or a batch that may span several group commits. */
export class Work {
  readonly entries: readonly Entry[];
  readonly actor: string;
  /** Covers all entries; null where entries have keys of their own. */
  readonly batchKey: RequestKey | null;
  readonly expectedVersion: number | null;
  readonly atomic: boolean;
  readonly deadlineMs: number;
  /** What its commands take in memory, about. */
  readonly bytes: number;
  readonly outcomes: SettledOutcome[] = [];
  /** Whether entries of it are in an append that is under way. */
  isBeingAppended = false;
  /** How many parts of a keyed batch are stored. */
  parts = 0;
  /** The timeline's version after the last entry that was settled. */
  version = 0;
  readonly finished: Promise<EarlyEnd | null>;
  #resolve: (end: EarlyEnd | null) => void = () => undefined;
  #reject: (fault: Error) => void = () => undefined;
  #over = false;

  private constructor(
    entries: readonly Entry[],
    of: Pick<BatchSubmission, 'actor' | 'key' | 'expectedVersion' | 'atomic'>,
    deadlineMs: number,
  ) {
    this.entries = entries;
    this.actor = of.actor;
    this.batchKey = of.key;
    this.expectedVersion = of.expectedVersion;
    this.atomic = of.atomic;
    this.deadlineMs = deadlineMs;
    this.bytes = entries.reduce((sum, { command }) => sum + bytesOf(command), 0);
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** `deadlineMs` is monotonic time. */
  static single(submission: Submission, deadlineMs: number): Work {
    const { command, key, actor, expectedVersion } = submission;
    return new Work(
      [{ command, key, commandId: randomUUID() }],
      { actor, key: null, expectedVersion, atomic: false },
      deadlineMs,
    );
  }

  static batch(submission: BatchSubmission, deadlineMs: number): Work {
    const entries = submission.entries.map(({ command, key }) => ({ command, key, commandId: randomUUID() }));
    return new Work(entries, submission, deadlineMs);
  }

  /** Index of the next entry to be decided. */
  get next(): number {
    return this.outcomes.length;
  }

  get remaining(): number {
    return this.entries.length - this.outcomes.length;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Whether `If-Match` is still to be checked: once, before the first entry. */
  get isUntouched(): boolean {
    return this.outcomes.length === 0 && this.parts === 0;
  }

  settle(outcomes: readonly SettledOutcome[], version: number): void {
    // It was answered at its deadline; nobody reads on.
    if (this.#over) return;
    for (const outcome of outcomes) this.outcomes.push(outcome);
    this.version = version;
    if (this.remaining === 0) this.end(null);
  }

  end(end: EarlyEnd | null): void {
    this.#over = true;
    this.#resolve(end);
  }

  fail(fault: Error): void {
    this.#over = true;
    this.#reject(fault);
  }

  /** Its deadline has passed: it is not decided any more, but what is being appended may still take effect. */
  expire(): void {
    this.fail(
      this.isBeingAppended
        ? new OutcomeUnknown('the append did not end before the deadline of the command')
        : new DeadlineExceeded('the command was not reached before its deadline'),
    );
  }
}

/** One entry's outcome as a keyed batch stores it. */
type StoredOutcome =
  readonly [firstVersion: number, lastVersion: number] | { readonly code: Refusal['code']; readonly detail: string };

/** What one part of a keyed batch stores: the outcomes decided in one group commit, or the refusal of an atomic batch. */
export type StoredPart =
  | { readonly outcomes: readonly StoredOutcome[]; readonly version: number }
  | { readonly refusedIndex: number; readonly refusal: { readonly code: Refusal['code']; readonly detail: string } };

export const storedOutcome = (outcome: SettledOutcome): StoredOutcome => {
  switch (outcome.status) {
    case 'accepted': {
      const first = outcome.events[0]?.version ?? outcome.version + 1;
      return [first, outcome.version];
    }
    case 'recorded':
      return [outcome.firstVersion, outcome.lastVersion];
    case 'refused':
      return { code: outcome.refusal.code, detail: outcome.refusal.detail };
    case 'precondition-failed':
    case 'key-reused':
      throw new TypeError(`${outcome.status} is not stored`);
  }
};

export function restoredOutcome(stored: StoredOutcome): SettledOutcome {
  if ('code' in stored) {
    return { status: 'refused', refusal: { kind: 'refused', code: stored.code, detail: stored.detail } };
  }
  const [firstVersion, lastVersion] = stored;
  return { status: 'recorded', firstVersion, lastVersion };
}

/** The outcomes of finished work, with the events of what was recorded earlier. */
export async function completeOutcomes(
  outcomes: readonly SettledOutcome[],
  readRange: (firstVersion: number, lastVersion: number) => Promise<readonly RecordedEvent[]>,
): Promise<readonly Outcome[]> {
  const recorded = outcomes.filter((outcome) => outcome.status === 'recorded');
  const withEvents = recorded.filter(({ firstVersion, lastVersion }) => lastVersion >= firstVersion);
  const events = new Map<number, RecordedEvent>();
  for (const { first, last } of contiguous(withEvents)) {
    for (const event of await readRange(first, last)) events.set(event.version, event);
  }
  return outcomes.map((outcome) => {
    if (outcome.status !== 'recorded') return outcome;
    const own: RecordedEvent[] = [];
    for (let version = outcome.firstVersion; version <= outcome.lastVersion; version += 1) {
      const event = events.get(version);
      if (event !== undefined) own.push(event);
    }
    return { status: 'accepted', version: outcome.lastVersion, events: own, repeated: true };
  });
}

/** Ranges that touch or nearly touch are read together. */
const RANGE_GAP_MAX = 64;

function contiguous(
  ranges: readonly { readonly firstVersion: number; readonly lastVersion: number }[],
): readonly { readonly first: number; readonly last: number }[] {
  const sorted = [...ranges].sort((a, b) => a.firstVersion - b.firstVersion);
  const merged: { first: number; last: number }[] = [];
  for (const { firstVersion, lastVersion } of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && firstVersion <= previous.last + RANGE_GAP_MAX) {
      previous.last = Math.max(previous.last, lastVersion);
    } else {
      merged.push({ first: firstVersion, last: lastVersion });
    }
  }
  return merged;
}

/** A batch's outcome from what its work came to. */
export const batchOutcome = (
  outcomes: readonly Outcome[],
  { version, cutOff }: { readonly version: number; readonly cutOff: Error | null },
): BatchOutcome => ({ status: 'done', outcomes, version, ...(cutOff !== null && { cutOff }) });
