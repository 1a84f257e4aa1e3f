import { EmbeddedPostgresError } from '#embedded-postgres';
import { LogCorrupt, LogUnavailable, NotStorable, OutcomeUnknown, StorageFull, TimelineGone } from '#event-log';
import { DatabaseTooNew, DatabaseUnfit, LoginNotAdmitted, MayNotMigrate } from '#event-log-postgres';
import {
  ClockDisagreement,
  DeadlineExceeded,
  MemoryShort,
  Overloaded,
  StateUnknown,
  TimelineStopped,
  TimelineUnknown,
  VersionAhead,
  VersionNotReached,
} from '#runtime';
import { SettingsError } from '#settings';
import { EXIT, type ExitCode } from './exit-codes.js';

/** Something wrong with one file. */
export interface FileProblem {
  /** Empty where no file is to blame. */
  readonly file: string;
  /** Where in it, and what is wrong. */
  readonly detail: string;
}

/** A command that did not do what was asked. Its message is a sentence for whoever typed it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: ExitCode;
  /** Stable name, for programs. */
  readonly code: string;
  readonly problems: readonly FileProblem[];

  constructor(
    message: string,
    kind: {
      readonly exitCode: ExitCode;
      readonly code: string;
      readonly problems?: readonly FileProblem[];
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: kind.cause });
    this.exitCode = kind.exitCode;
    this.code = kind.code;
    this.problems = kind.problems ?? [];
  }
}

/** The state of things forbids it; the same again would fail again. */
export const refused = (code: string, message: string, problems: readonly FileProblem[] = []): Failure =>
  new Failure(message, { exitCode: EXIT.refused, code, problems });

/** The command line asks for what it must not get. */
export const misused = (code: string, message: string): Failure => new Failure(message, { exitCode: EXIT.usage, code });

/** Nobody answers who would have to; later it may succeed. */
export const unavailable = (code: string, message: string, cause?: unknown): Failure =>
  new Failure(message, { exitCode: EXIT.unavailable, code, cause });

const foreseen: readonly (readonly [new (...of: never[]) => Error, ExitCode, string])[] = [
  [SettingsError, EXIT.usage, 'settings-invalid'],
  [EmbeddedPostgresError, EXIT.unavailable, 'database-unavailable'],
  [StorageFull, EXIT.unavailable, 'storage-full'],
  [LogUnavailable, EXIT.unavailable, 'database-unavailable'],
  [NotStorable, EXIT.refused, 'not-storable'],
  [ClockDisagreement, EXIT.unavailable, 'clock-disagreement'],
  [DatabaseTooNew, EXIT.refused, 'database-too-new'],
  [DatabaseUnfit, EXIT.refused, 'database-unfit'],
  [LoginNotAdmitted, EXIT.refused, 'login-not-admitted'],
  [MayNotMigrate, EXIT.refused, 'may-not-migrate'],
  [DeadlineExceeded, EXIT.unavailable, 'deadline-exceeded'],
  [LogCorrupt, EXIT.refused, 'timeline-stopped'],
  [MemoryShort, EXIT.unavailable, 'memory-short'],
  [Overloaded, EXIT.unavailable, 'overloaded'],
  [StateUnknown, EXIT.refused, 'state-unknown'],
  [TimelineGone, EXIT.refused, 'timeline-unknown'],
  [TimelineStopped, EXIT.refused, 'timeline-stopped'],
  [TimelineUnknown, EXIT.refused, 'timeline-unknown'],
  [VersionAhead, EXIT.refused, 'version-ahead'],
  [VersionNotReached, EXIT.refused, 'version-ahead'],
];

/** What was thrown as something to tell; undefined for a fault of the program. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof OutcomeUnknown) return outcomeUnknown(error);
  for (const [kind, exitCode, code] of foreseen) {
    if (error instanceof kind) return new Failure(asSentence(error.message), { exitCode, code, cause: error });
  }
  return undefined;
}

/** The one failure that leaves open whether anything happened. */
export const outcomeUnknown = (cause: unknown): Failure =>
  unavailable(
    'outcome-unknown',
    'The connection broke before the outcome was known: run the same command again, which takes effect once at most.',
    cause,
  );

/** What an error says; one that was tried at several addresses has a message for each and none of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

/** Other people's error messages begin small and end without a full stop. */
export function asSentence(message: string): string {
  const capital = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
