import { HttpException } from '@nestjs/common';
import { ArchiveDamaged, ArchiveTooLarge, ArchiveUnsound } from '#archives';
import {
  LogBusy,
  LogConflict,
  LogCorrupt,
  LogLocked,
  LogReadOnly,
  LogUnavailable,
  NotStorable,
  OutcomeUnknown,
  StorageFull,
  TimelineGone,
} from '#event-log';
import {
  ClockDisagreement,
  CommandFault,
  DeadlineExceeded,
  Draining,
  MomentsReversed,
  MemoryShort,
  Overloaded,
  StateUnknown,
  TimelineStopped,
  TimelineUnknown,
  VersionAhead,
  VersionNotReached,
} from '#runtime';
import { malformedInput, ProblemError } from './problem-error.js';
import type { ProblemCode } from './problems.js';

/** Faults of the runtime and the log, and what clients are told of them. Their own messages stay in the log. */
const FAULTS: readonly (readonly [new (...of: never[]) => Error, ProblemCode, string])[] = [
  [TimelineUnknown, 'timeline-unknown', 'There is no timeline of that name.'],
  [TimelineGone, 'timeline-unknown', 'The timeline was removed.'],
  [DeadlineExceeded, 'deadline-exceeded', 'The command was not reached in time and never took effect.'],
  [StorageFull, 'storage-full', 'The disk of the database is full; the request had no effect.'],
  [LogBusy, 'overloaded', 'All connections to the database are in use; the request had no effect.'],
  [LogReadOnly, 'database-unavailable', 'The database takes no changes at the moment; the request had no effect.'],
  [LogLocked, 'database-unavailable', 'Others held what it needs in the database; the request had no effect.'],
  [LogConflict, 'database-unavailable', 'Others changed the same in the database; the request had no effect.'],
  [LogUnavailable, 'database-unavailable', 'The database cannot be reached; the request had no effect.'],
  [NotStorable, 'not-storable', 'The database cannot store what was sent; the request had no effect.'],
  [
    OutcomeUnknown,
    'outcome-unknown',
    'The database did not say what became of it in time; repeat the request with the same key.',
  ],
  [VersionNotReached, 'version-not-reached', 'The timeline did not reach that version in time.'],
  [StateUnknown, 'state-unknown', 'The timeline has no event at or before that.'],
  [ClockDisagreement, 'clock-disagreement', 'This process may not write until its clock agrees with the database’s.'],
  [Draining, 'draining', 'The server is stopping and takes no new commands.'],
  [CommandFault, 'fault', 'The command broke a rule of the economy inside the server; nothing of it was stored.'],
];

/** Statuses that Fastify and Nest answer with by themselves. */
const FRAMEWORK: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  404: ['route-unknown', 'There is no route at that path.'],
  408: ['request-timeout', 'The request took too long to arrive.'],
  413: ['body-too-large', 'The body is larger than this route takes.'],
  414: ['url-too-long', 'A part of the path is longer than any id.'],
  415: ['media-type-unsupported', 'Send the body as application/json in UTF-8.'],
  431: ['headers-too-large', 'The header fields are larger than 16 KiB.'],
};

/** Whatever was thrown while a request was answered, as a problem. What nobody foresaw is `fault`. */
export function problemOf(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof MemoryShort) {
    const detail =
      'What this server may hold in memory is taken, and what the request needs does not fit; it had no effect. ' +
      'Other timelines go on.';
    return new ProblemError('memory-short', detail);
  }
  if (thrown instanceof Overloaded) {
    const retryAfter = String(thrown.retryAfterSeconds);
    return new ProblemError('overloaded', 'A limit was reached; the request had no effect.', {
      headers: { 'retry-after': retryAfter },
    });
  }
  if (thrown instanceof TimelineStopped || thrown instanceof LogCorrupt) {
    const detail = `This server cannot go on with the timeline at version ${thrown.version}; others go on.`;
    return new ProblemError('timeline-stopped', detail);
  }
  if (thrown instanceof VersionAhead) {
    const { version, headVersion } = thrown;
    return new ProblemError(
      'version-ahead',
      `Version ${version} is ahead of the timeline, which is at ${headVersion}.`,
    );
  }
  if (thrown instanceof MomentsReversed) return malformedInput([{ pointer: '/from', detail: 'must not be after to' }]);
  if (thrown instanceof ArchiveDamaged) return new ProblemError('archive-damaged', `${thrown.message}.`);
  if (thrown instanceof ArchiveUnsound) return new ProblemError('archive-unsound', `${thrown.message}.`);
  if (thrown instanceof ArchiveTooLarge) return new ProblemError('archive-too-large', `${thrown.message}.`);
  for (const [fault, code, detail] of FAULTS) {
    if (thrown instanceof fault) return new ProblemError(code, detail);
  }
  return frameworkProblem(statusOf(thrown)) ?? new ProblemError('fault', 'Something went wrong inside the server.');
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

function frameworkProblem(status: number): ProblemError | undefined {
  if (status < 400 || status >= 500) return undefined;
  const [code, detail] = FRAMEWORK[status] ?? ['malformed-request', 'The request cannot be read.'];
  return new ProblemError(code, detail);
}
