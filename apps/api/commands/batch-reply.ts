import type { BatchOutcome, Outcome } from '#runtime';
import type { Turns } from '../http/turns.js';
import { ProblemError } from '../problems/problem-error.js';
import { problemOf } from '../problems/problem-of.js';
import type { ProblemDetails } from '../problems/problems.js';
import type { BatchEntryInput } from './batch.js';
import { commandResult } from './command-reply.js';
import { movedOn, refusalOf } from './submit-command.js';

/** What became of one entry. */
type EntryReply =
  | { readonly status: 'accepted'; readonly version: number; readonly result: object }
  | { readonly status: 'refused'; readonly problem: ProblemDetails };

/** A batch's reply: one result for each entry that was decided, in order. */
export interface BatchReply {
  /** The timeline's version after the last entry decided. */
  readonly version: number;
  readonly results: readonly EntryReply[];
  /** There if the batch was cut off: how many entries were decided, and why it went no further. */
  readonly cutOff?: { readonly decided: number; readonly problem: ProblemDetails };
}

/** @throws ProblemError where the batch as a whole was refused */
export async function batchReply(
  outcome: BatchOutcome,
  entries: readonly BatchEntryInput[],
  turns: Turns,
): Promise<BatchReply> {
  switch (outcome.status) {
    case 'done':
      return doneReply(outcome, entries, turns);
    case 'refused':
      throw refusedWhole(outcome);
    case 'precondition-failed':
      throw movedOn(outcome.version);
    case 'key-reused':
      throw refusalOf(outcome);
  }
}

async function doneReply(
  { outcomes, version, cutOff }: Extract<BatchOutcome, { readonly status: 'done' }>,
  entries: readonly BatchEntryInput[],
  turns: Turns,
): Promise<BatchReply> {
  const results: EntryReply[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    if (turns.isOverForSmall) await turns.next();
    results.push(entryReply(outcome, entries[i]));
  }
  if (cutOff === undefined) return { version, results };
  return { version, results, cutOff: { decided: results.length, problem: problemOf(cutOff).details() } };
}

function entryReply(outcome: Outcome, entry: BatchEntryInput | undefined): EntryReply {
  if (outcome.status !== 'accepted') return { status: 'refused', problem: refusalOf(outcome).details() };
  if (entry === undefined) throw new TypeError('more outcomes than entries');
  const result = commandResult(entry.type, entry.command, outcome);
  return { status: 'accepted', version: outcome.version, result };
}

/** The refusal of one entry is the atomic batch's, and says which entry it was. */
function refusedWhole({ index, refusal }: Extract<BatchOutcome, { readonly status: 'refused' }>): ProblemError {
  return new ProblemError(refusal.code, refusal.detail, {
    errors: [{ pointer: `/commands/${index}`, detail: refusal.detail }],
  });
}
