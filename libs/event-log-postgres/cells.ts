import type { ChainHash } from '#event-log';
import type { Row } from './connections.js';

/** The text in a column that is never null. */
export function text(row: Row, column: number): string {
  const value = row[column];
  if (value === undefined || value === null) throw new Error(`column ${column} of a row of the log is empty`);
  return value;
}

export const textOrNull = (row: Row, column: number): string | null => row[column] ?? null;

/** A bigint column as a number: versions and times stay below 2^53. */
export const integer = (row: Row, column: number): number => Number(text(row, column));

/** A hash that the statement gave as `encode(…, 'hex')`. */
export const hash = (row: Row, column: number): ChainHash => text(row, column) as ChainHash;

/** A bytea parameter from hexadecimal digits. */
export const bytes = (hexadecimal: string): Buffer => Buffer.from(hexadecimal, 'hex');

/** 32 hexadecimal digits from a uuid column. */
export const digits = (row: Row, column: number): string => text(row, column).replaceAll('-', '');
