import type { Command } from '#domain';
import { sortedJson, sortedJsonPieces } from '#presentation';
import { canonicalFields, isPlainObject, pointerToken, type InputErrors } from '../fields/read.js';
import { isKey, KEY_WORDS } from '../http/conditions.js';
import type { ComparedBody, ComparedPieces } from '../http/request-key.js';
import type { Turns } from '../http/turns.js';
import { COMMANDS, isClientCommand } from './commands.js';
import type { ClientCommandType } from './command-kind.js';

export const COMMANDS_PER_BATCH_MAX = 10_000;
export const COMMANDS_PER_ATOMIC_BATCH_MAX = 1_000;

/** One command of a batch. */
export interface BatchEntryInput {
  readonly type: ClientCommandType;
  readonly command: Command;
  /** The entry's own idempotency key. */
  readonly key: string | null;
  /** Type and data as requests with one key are compared. */
  readonly compared: () => ComparedBody;
}

export interface BatchInput {
  readonly entries: readonly BatchEntryInput[];
  readonly atomic: boolean;
}

/**
 * Reads a whole batch, as far as there is anything to tell; `hasKey` says that the header brings a key for all of it.
 *
 * @throws ProblemError
 */
export async function readBatch(
  body: unknown,
  { hasKey, errors, turns }: { hasKey: boolean; errors: InputErrors; turns: Turns },
): Promise<BatchInput> {
  const { commands, atomic } = readFrame(body, errors);
  const entries: BatchEntryInput[] = [];
  for (const [index, entry] of commands.entries()) {
    if (errors.isFull) break;
    if (turns.isOver) await turns.next();
    const read = readEntry(entry, { pointer: `/commands/${index}`, hasKey, errors });
    if (read !== undefined) entries.push(read);
  }
  errors.throwIfAny();
  return { entries, atomic };
}

function readFrame(body: unknown, errors: InputErrors): { commands: readonly unknown[]; atomic: boolean } {
  if (!isPlainObject(body)) {
    errors.add('', 'must be an object');
    return { commands: [], atomic: false };
  }
  refuseUnknown(body, { known: ['commands', 'atomic'], pointer: '', errors });
  const { commands, atomic = false } = body;
  if (typeof atomic !== 'boolean') errors.add('/atomic', 'must be true or false');
  const max = atomic === true ? COMMANDS_PER_ATOMIC_BATCH_MAX : COMMANDS_PER_BATCH_MAX;
  if (!Array.isArray(commands) || commands.length === 0 || commands.length > max) {
    errors.add('/commands', `must be a list of 1 to ${max} commands`);
    return { commands: [], atomic: false };
  }
  return { commands, atomic: atomic === true };
}

interface EntryPlace {
  readonly pointer: string;
  readonly hasKey: boolean;
  readonly errors: InputErrors;
}

function readEntry(entry: unknown, { pointer, hasKey, errors }: EntryPlace): BatchEntryInput | undefined {
  if (!isPlainObject(entry)) {
    errors.add(pointer, 'must be an object');
    return undefined;
  }
  refuseUnknown(entry, { known: ['type', 'idempotencyKey', 'data'], pointer, errors });
  const { type, idempotencyKey: key, data = {} } = entry;
  if (key !== undefined && hasKey)
    errors.add(`${pointer}/idempotencyKey`, 'must be absent: the header has a key for all');
  else if (key !== undefined && !isKey(key)) errors.add(`${pointer}/idempotencyKey`, KEY_WORDS);
  if (typeof type !== 'string' || !isClientCommand(type)) {
    errors.add(`${pointer}/type`, `must be one of ${Object.keys(COMMANDS).join(', ')}`);
    return undefined;
  }
  const command = COMMANDS[type].read(data, { pointer: `${pointer}/data`, errors });
  if (command === undefined) return undefined;
  const compared = (): ComparedBody => ({
    canonical: sortedJson({ type, data: canonicalData(type, data) }),
    asSent: sortedJson({ type, data }),
  });
  return { type, command, key: isKey(key) ? key : null, compared };
}

const canonicalData = (type: ClientCommandType, data: unknown): unknown =>
  isPlainObject(data) ? canonicalFields(COMMANDS[type].dto, data) : data;

/** A whole batch that was read, as requests with one key are compared. */
export function comparedBatch(body: unknown): ComparedPieces {
  const sent = body as Readonly<Record<string, unknown>>;
  return { canonical: () => sortedJsonPieces(canonicalBatch(sent)), asSent: () => sortedJsonPieces(sent) };
}

function canonicalBatch({ commands, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = commands as readonly Readonly<Record<string, unknown>>[];
  const canonical = entries.map(({ type, data, ...more }) =>
    data === undefined ? { type, ...more } : { type, data: canonicalData(type as ClientCommandType, data), ...more },
  );
  return { commands: canonical, ...rest };
}

function refuseUnknown(
  object: Readonly<Record<string, unknown>>,
  { known, pointer, errors }: { known: readonly string[]; pointer: string; errors: InputErrors },
): void {
  for (const name of Object.keys(object)) {
    if (errors.isFull) return;
    if (!known.includes(name)) errors.add(`${pointer}/${pointerToken(name)}`, 'is not a field of this request');
  }
}
