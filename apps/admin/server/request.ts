import { setTimeout as sleep } from 'node:timers/promises';
import { outcomeUnknown, reasonOf, refused, unavailable, type Failure, type FileProblem } from '../failure.js';

const attemptsMax = 5;
const attemptTimeoutMs = 120_000;
const retryWaitMs = { byDefault: 1_000, most: 5_000 };

/** A request that may be sent again: it only reads, brings an idempotency key, or does no harm twice. */
export interface RepeatableRequest {
  readonly method: 'DELETE' | 'GET' | 'POST';
  /** Server and path. */
  readonly url: string;
  /** JSON text. */
  readonly body?: string;
  readonly key?: string;
  /** Those of the server: see `findServer`. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long an attempt may take; 2 minutes by default. */
  readonly timeoutMs?: number;
}

export interface Reply {
  readonly status: number;
  /** The body as JSON; undefined if it is none. */
  readonly body: unknown;
}

/**
 * Sends a request until it is answered with anything but 429, 503, 507 or a broken connection, at most five times.
 *
 * @throws Failure `server-unavailable`; `outcome-unknown` where an attempt to change something may have taken effect
 */
export async function request(wanted: RepeatableRequest): Promise<Reply> {
  let mayHaveTakenEffect = false;
  for (let attempt = 1; ; attempt += 1) {
    const { reply, retryAfterMs, reason } = await attemptOnce(wanted);
    if (reply !== undefined && !isPassing(reply)) return reply;
    mayHaveTakenEffect ||= reply === undefined || problemOf(reply).code === 'outcome-unknown';
    if (attempt === attemptsMax) {
      if (mayHaveTakenEffect && wanted.method !== 'GET') throw outcomeUnknown(new Error(reason));
      throw unavailable('server-unavailable', `The server does not serve ${wanted.url}: ${reason}.`);
    }
    await sleep(retryAfterMs);
  }
}

/** What a reply that is no success says, as a sentence and with the fields to blame. */
export function refusalIn(reply: Reply): Failure {
  const { code, detail, errors } = problemOf(reply);
  if (code === 'unauthenticated') return refused(code, KEY_WANTED);
  return refused(code ?? 'server-refused', detail ?? `The server answered with status ${reply.status}.`, errors);
}

/** Whoever typed the command sends no header. */
const KEY_WANTED =
  'The server takes an access key, and none that is in force was sent: set SEED_KEY, or give --key-file.';

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly errors: readonly FileProblem[];
}

/** A reply read as problem details (RFC 9457), as far as it is that. */
export function problemOf({ body }: Reply): Problem {
  const { code, detail, errors } = (body ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof detail === 'string' && { detail }),
    errors: Array.isArray(errors) ? errors.map(fieldError) : [],
  };
}

function fieldError(error: unknown): FileProblem {
  const { pointer, detail } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return { file: typeof pointer === 'string' ? pointer : '', detail: String(detail) };
}

/** Whether it may be answered otherwise later. A stopped timeline is answered with 503 too, but waiting does not mend it. */
export const isPassing = (reply: Reply): boolean =>
  reply.status === 429 ||
  reply.status === 507 ||
  (reply.status === 503 && problemOf(reply).code !== 'timeline-stopped');

async function attemptOnce(wanted: RepeatableRequest): Promise<{
  readonly reply?: Reply;
  readonly retryAfterMs: number;
  readonly reason: string;
}> {
  const { method, url, body, key, headers, timeoutMs = attemptTimeoutMs } = wanted;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const reply = { status: response.status, body: parsed(text) };
    const reason = problemOf(reply).detail ?? `it answers with status ${response.status}`;
    return { reply, retryAfterMs: waitOf(response.headers.get('retry-after')), reason };
  } catch (error) {
    return { retryAfterMs: retryWaitMs.byDefault, reason: reasonOf(error) };
  }
}

function waitOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1_000, retryWaitMs.most) : retryWaitMs.byDefault;
}

/** A body as JSON; undefined if it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
