import type { Moment } from '#runtime';
import { parseTime } from './time.js';

/** A version, `42`, or a time in ISO 8601 with `Z` or an offset; undefined for anything else. */
export function parseMoment(text: string): Moment | undefined {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return { version: Number(text) };
  const timeMs = parseTime(text);
  return timeMs === undefined ? undefined : { timeMs };
}
