import type pg from 'pg';
import { TimelineGone } from '#event-log';
import type { AppendOutcome, AppendRequest, HeadLock, TimelineId } from '#event-log';
import { confirmed, resolveOrThrow, runAppend } from './append.js';
import { hash, integer } from './cells.js';
import { unparsed } from './connections.js';
import type { Connections, Row, Session } from './connections.js';
import { asUnavailable } from './failures.js';
import { prepareAppend, type PreparedAppend } from './prepare-append.js';
import { lockHead as lockHeadText } from './sql/lock-head.js';

/** Holds the head row's lock in a transaction; the server ends it after a statement's time if its holder stands still. */
export async function lockHead(connections: Connections, timelineId: TimelineId): Promise<HeadLock> {
  const session = await connections.take();
  let row: Row | undefined;
  try {
    row = await beginWithLock(session, timelineId);
  } catch (error) {
    connections.discard(session);
    throw asUnavailable(error, 'cannot lock the head');
  }
  if (row === undefined) {
    connections.discard(session);
    throw new TimelineGone(`timeline ${timelineId} is not in this log`);
  }
  return new PostgresHeadLock(connections, session, timelineId, row);
}

/** Two statements in one text give two results. */
async function beginWithLock(session: Session, timelineId: TimelineId): Promise<Row | undefined> {
  const query = { text: lockHeadText(timelineId), rowMode: 'array', types: unparsed } as const;
  const results: unknown = await session.client.query<(string | null)[]>(query);
  const [, locked] = results as readonly pg.QueryArrayResult<(string | null)[]>[];
  return locked?.rows[0];
}

class PostgresHeadLock implements HeadLock {
  readonly head: HeadLock['head'];
  readonly databaseTimeMs: number;
  readonly #connections: Connections;
  readonly #session: Session;
  readonly #timelineId: TimelineId;
  #held = true;

  constructor(connections: Connections, session: Session, timelineId: TimelineId, row: Row) {
    this.#connections = connections;
    this.#session = session;
    this.#timelineId = timelineId;
    this.head = { version: integer(row, 0), hash: hash(row, 1) };
    this.databaseTimeMs = integer(row, 2);
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    if (!this.#held) throw new TypeError('the lock of this head was given up already');
    const prepared = await this.#prepare(request);
    this.#held = false;
    let outcome: AppendOutcome;
    try {
      outcome = await runAppend(this.#session, prepared);
      this.#session.warning = null;
      await this.#session.client.query(outcome.status === 'appended' ? 'commit' : 'rollback');
    } catch (error) {
      this.#connections.discard(this.#session);
      return resolveOrThrow(this.#connections, this.#session, prepared, error);
    }
    return confirmed(this.#connections, this.#session, prepared, outcome);
  }

  /** What cannot be appended gives the lock up: whoever is told would not know that it is still held. */
  async #prepare(request: AppendRequest): Promise<PreparedAppend> {
    try {
      if (request.timelineId !== this.#timelineId) throw new TypeError('this is the lock of another timeline');
      return prepareAppend(request);
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    try {
      await this.#session.client.query('rollback');
      this.#connections.giveBack(this.#session);
    } catch {
      // Closing the connection rolls back as well, and nothing was written.
      this.#connections.discard(this.#session);
    }
  }
}
