import { toMicro } from './money.js';

/** One entry's outcome in the reply to a batch. */
export type EntryOutcome =
  | { readonly status: 'accepted'; readonly version: number; readonly result: unknown }
  | { readonly status: 'refused'; readonly problem: { readonly code: string; readonly detail?: string } };

/** The reply is not what the contract promises. */
export class ReplyMalformed extends Error {
  override readonly name = 'ReplyMalformed';
}

export function outcomesIn(reply: unknown): readonly EntryOutcome[] {
  const { results } = objectIn(reply, 'a reply to a batch');
  if (!Array.isArray(results)) throw new ReplyMalformed(`No results in ${shown(reply)}`);
  return results as readonly EntryOutcome[];
}

export function textIn(value: unknown, name: string): string {
  const found = objectIn(value, `what should have ${name}`)[name];
  if (typeof found !== 'string') throw new ReplyMalformed(`No text ${name} in ${shown(value)}`);
  return found;
}

export function numberIn(value: unknown, name: string): number {
  const found = objectIn(value, `what should have ${name}`)[name];
  if (typeof found !== 'number') throw new ReplyMalformed(`No number ${name} in ${shown(value)}`);
  return found;
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = objectIn(value, `what should have ${name}`)[name];
  if (!Array.isArray(found)) throw new ReplyMalformed(`No list ${name} in ${shown(value)}`);
  return found;
}

export const microIn = (value: unknown, name: string): bigint => toMicro(textIn(value, name));

function objectIn(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new ReplyMalformed(`${shown(value)} is not ${what}`);
  return value as Readonly<Record<string, unknown>>;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 200);
