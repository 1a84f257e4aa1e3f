import { DatabaseError } from 'pg';
import {
  LogConflict,
  LogLocked,
  LogReadOnly,
  LogUnavailable,
  NotStorable,
  OutcomeUnknown,
  StorageFull,
} from '#event-log';

/** What went wrong with a statement: it was certainly refused as a whole, or nobody can say from here what became of it. */
export type Failure = { readonly kind: 'refused'; readonly sqlState: string } | { readonly kind: 'uncertain' };

/**
 * SQLSTATEs that only ever come as ERROR: the statement was rolled back and the connection lives. Everything else is
 * uncertain. A full disk (53100), an I/O error (58030) or an internal one (XX000) may have come as FATAL or PANIC after
 * the commit record was written, and the severity itself is translated, so it cannot be asked.
 */
const refusedStates = /^(?:0A|22|23|40|42|54|55)...$|^(?:57014|25006|25P02)$/;

/** 40003 says of itself that the outcome is unknown. */
const uncertainStates: ReadonlySet<string> = new Set(['40003']);

export function classify(error: unknown): Failure {
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined && refusedStates.test(sqlState) && !uncertainStates.has(sqlState)) {
    return { kind: 'refused', sqlState };
  }
  return { kind: 'uncertain' };
}

/** The constraint that a statement would have broken, where that is why it was refused. */
export function brokenConstraint(error: unknown): string | undefined {
  return error instanceof DatabaseError && error.code === '23505' ? error.constraint : undefined;
}

/** Deadlock, cancelled or timed out statement, a lock not to be had, a server that only reads: worth another try later. */
const passingStates = /^(?:40...|55P03|57014|25006)$/;

/** Data exceptions and exceeded limits: the statement's values are at fault, and would be again. */
const dataStates = /^(?:22|54)...$/;

/** What a caller is told of a call that certainly had no effect: trouble that passes, bad data, or the fault as it is. */
export function asUnavailable(error: unknown, doing: string): unknown {
  if (error instanceof LogUnavailable) return error;
  const failure = classify(error);
  if (failure.kind === 'uncertain' || passingStates.test(failure.sqlState)) return withoutEffect(doing, error);
  if (!dataStates.test(failure.sqlState)) return error;
  return new NotStorable(`${doing}: ${messageOf(error)}`, { cause: error });
}

/** What is read once something has happened: that it cannot be read must not be told as if nothing had. */
export async function afterwards<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
    throw new OutcomeUnknown(`what was changed cannot be read back: ${error.message}`, { cause: error });
  }
}

/** Disk full: it passes when there is room. */
const diskFull = '53100';

export const isStorageFull = (error: unknown): boolean => sqlStateOf(error) === diskFull;

/** The error of a call that certainly had no effect, by what kept it from having one. */
export function withoutEffect(doing: string, cause: unknown): LogUnavailable {
  const Kind = kindOf(sqlStateOf(cause) ?? '');
  return new Kind(`${doing}: ${messageOf(cause)}`, { cause });
}

function kindOf(sqlState: string): typeof LogUnavailable {
  if (sqlState === diskFull) return StorageFull;
  if (sqlState === '25006') return LogReadOnly;
  if (sqlState === '55P03') return LogLocked;
  return sqlState.startsWith('40') ? LogConflict : LogUnavailable;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const sqlStateOf = (error: unknown): string | undefined => (error instanceof DatabaseError ? error.code : undefined);
