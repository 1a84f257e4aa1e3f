import { LogCorrupt } from '#event-log';
import type { AppendOutcome, AppendRequest } from '#event-log';
import { integer } from './cells.js';
import { run } from './connections.js';
import type { Connections, Session } from './connections.js';
import { asUnavailable, brokenConstraint, classify } from './failures.js';
import { prepareAppend } from './prepare-append.js';
import type { PreparedAppend } from './prepare-append.js';
import { resolveAppend } from './resolve-append.js';

/** One statement in autocommit; an outcome that the connection took with it is found out on another one. */
export async function append(connections: Connections, request: AppendRequest): Promise<AppendOutcome> {
  const prepared = prepareAppend(request);
  const session = await connections.take();
  let outcome: AppendOutcome;
  try {
    outcome = await runAppend(session, prepared);
  } catch (error) {
    connections.giveBackAfter(session, error);
    return resolveOrThrow(connections, session, prepared, error);
  }
  return confirmed(connections, session, prepared, outcome);
}

/** Runs the statement: an outcome if the database gave one, else throws what it or the connection said. */
export async function runAppend(session: Session, prepared: PreparedAppend): Promise<AppendOutcome> {
  try {
    const [row] = await run(session, prepared.statement, prepared.values);
    if (row === undefined || integer(row, 0) === 0) return { status: 'lost' };
    return { status: 'appended', head: prepared.head, databaseTimeMs: integer(row, 1) };
  } catch (error) {
    const constraint = brokenConstraint(error);
    if (constraint === 'key_taken') return { status: 'key-taken' };
    if (constraint === 'event_pkey' || constraint === 'commit_pkey') throw beyondTheHead(prepared, error);
    throw error;
  }
}

/** Gives the connection back, unless a warning came with the commit: then it may not be durable yet. */
export async function confirmed(
  connections: Connections,
  session: Session,
  prepared: PreparedAppend,
  outcome: AppendOutcome,
): Promise<AppendOutcome> {
  if (outcome.status !== 'appended' || session.warning === null) {
    connections.giveBack(session);
    return outcome;
  }
  connections.discard(session);
  return resolveAppend(connections, session.backend, prepared, new Error(session.warning));
}

/** After an error: says that nothing happened, or finds out what did. */
export async function resolveOrThrow(
  connections: Connections,
  session: Session,
  prepared: PreparedAppend,
  error: unknown,
): Promise<AppendOutcome> {
  if (error instanceof LogCorrupt) throw error;
  if (classify(error).kind === 'refused') throw asUnavailable(error, 'cannot append');
  return resolveAppend(connections, session.backend, prepared, error);
}

/** Only rows that somebody put there by hand can stand where the next version goes. */
function beyondTheHead({ request }: PreparedAppend, cause: unknown): LogCorrupt {
  const version = request.expected.version + 1;
  const corrupt = new LogCorrupt(`there are rows beyond the head, from version ${version} on`, version);
  corrupt.cause = cause;
  return corrupt;
}
