import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { OutcomeUnknown } from '#event-log';
import type { AppendOutcome } from '#event-log';
import { digits, hash, integer, textOrNull } from './cells.js';
import { unparsed } from './connections.js';
import type { Backend, Connections, Row, Values } from './connections.js';
import { messageOf, withoutEffect } from './failures.js';
import type { PreparedAppend } from './prepare-append.js';
import {
  endBackend,
  findBurntKeys,
  findCommitHash,
  lockCreatedTimeline,
  lockHeadToResolve,
} from './sql/resolve-append.js';

/**
 * Finds out what became of an append whose connection was lost. The lost statement lives, if at all, in one server
 * process, and can only be received there; so that process is ended first. Once it is gone the statement has committed
 * or never will, and the commit's hash, which covers all that the append wrote, tells which. The look is taken under
 * the head's lock in a transaction that commits: such a commit waits for the standby, so what is acknowledged here is
 * as durable as what is acknowledged elsewhere, even where the lost process was cut off in that wait.
 *
 * Rejects with `LogUnavailable` when it certainly did not take effect, `OutcomeUnknown` when nobody answered in time.
 */
export async function resolveAppend(
  connections: Connections,
  lost: Backend,
  prepared: PreparedAppend,
  cause: unknown,
): Promise<AppendOutcome> {
  const outcome = await insist(connections, cause, async (client) => {
    await end(client, lost);
    return inCommittedTransaction(client, () => lookForAppend(client, prepared));
  });
  if (outcome !== undefined) return outcome;
  throw withoutEffect('the connection broke before the append', cause);
}

/** The same for the creation of a timeline: its number if it exists, undefined if it certainly never will. */
export async function resolveCreation(
  connections: Connections,
  lost: Backend,
  created: { readonly name: string; readonly headHash: Buffer },
  cause: unknown,
): Promise<number | undefined> {
  return insist(connections, cause, async (client) => {
    await end(client, lost);
    return inCommittedTransaction(client, async () => {
      const [row] = await ask(client, lockCreatedTimeline, [created.name, created.headHash]);
      return row === undefined ? undefined : integer(row, 0);
    });
  });
}

/** Tries on fresh connections until one answers or the time that an append may take has passed once more. */
async function insist<T>(
  connections: Connections,
  cause: unknown,
  look: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + connections.statementTimeoutMs;
  for (;;) {
    try {
      return await onConnectionApart(connections, look);
    } catch (error) {
      if (performance.now() > giveUpAt) {
        throw new OutcomeUnknown(`the connection broke around a commit: ${messageOf(error)}`, { cause });
      }
      await sleep(100);
    }
  }
}

async function onConnectionApart<T>(connections: Connections, look: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connections.connectApart();
  try {
    return await look(client);
  } finally {
    // Without waiting: a connection that hangs would hold up the answer, and ending it cannot fail in a way that matters.
    void client.end().catch(() => undefined);
  }
}

const endTimeoutMs = 1_000;

async function end(client: pg.Client, lost: Backend): Promise<void> {
  const [row] = await ask(client, endBackend, [lost.pid, lost.startedAtMicros, endTimeoutMs]);
  if (row !== undefined && textOrNull(row, 0) !== 't') {
    throw new Error(`the server process ${lost.pid} of the lost connection does not end`);
  }
}

async function inCommittedTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  let warned = false;
  await client.query('begin');
  const result = await work();
  client.once('notice', () => (warned = true));
  await client.query('commit');
  if (warned) throw new Error('the commit was not confirmed by a standby');
  return result;
}

/** Undefined if the append did not take effect while the head still is the expected one. */
async function lookForAppend(client: pg.Client, prepared: PreparedAppend): Promise<AppendOutcome | undefined> {
  const { timelineId, expected, events } = prepared.request;
  const [timeline] = await ask(client, lockHeadToResolve, [timelineId]);
  if (timeline === undefined) return { status: 'lost' };
  const appended = { status: 'appended', head: prepared.head, databaseTimeMs: integer(timeline, 2) } as const;
  const moved = integer(timeline, 0) !== expected.version || hash(timeline, 1) !== expected.hash;
  const otherwise = moved ? ({ status: 'lost' } as const) : undefined;
  if (events.length === 0) return (await lookForKeys(client, prepared, appended)) ?? otherwise;
  const [commit] = await ask(client, findCommitHash, [timelineId, prepared.head.version]);
  return commit !== undefined && hash(commit, 0) === prepared.head.hash ? appended : otherwise;
}

/** Keys are burnt together or not at all; a burnt one that is not as proposed was burnt by somebody else. */
async function lookForKeys<T>(
  client: pg.Client,
  { request }: PreparedAppend,
  appended: T,
): Promise<T | { readonly status: 'key-taken' } | undefined> {
  const digests = request.keys.map((key) => key.digest);
  const rows = await ask(client, findBurntKeys, [request.timelineId, digests]);
  if (rows.length === 0) return undefined;
  const burnt = new Map(rows.map((row) => [digits(row, 0), row]));
  const allOurs = request.keys.every((key) => {
    const row = burnt.get(key.digest);
    return (
      row !== undefined &&
      digits(row, 1) === key.requestHash &&
      integer(row, 2) === key.firstVersion &&
      textOrNull(row, 4) === key.reply
    );
  });
  return allOurs ? appended : { status: 'key-taken' };
}

async function ask(client: pg.Client, text: string, values: Values): Promise<Row[]> {
  const result = await client.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: unparsed,
  });
  return result.rows;
}
