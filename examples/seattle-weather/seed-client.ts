import { setTimeout as sleep } from 'node:timers/promises';

/** The server answered that it will not do this; trying again would not help. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  constructor(
    message: string,
    readonly status: number,
    /** The problem's stable name, such as `name-taken`; empty if the answer was no problem document. */
    readonly code: string,
  ) {
    super(message);
  }
}

/** The server did not answer for as long as the client was willing to wait. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export interface SeedClientOptions {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The access key for a protected server. */
  readonly key?: string;
  /** How long a request without an answer is tried again. */
  readonly patienceMs?: number;
  /** How long one attempt may take. */
  readonly attemptMs?: number;
  readonly fetch?: typeof fetch;
  /** Told when a request first gets no answer, and when one is answered after that. */
  readonly onSilence?: (reason: string) => void;
  readonly onAnswerAgain?: () => void;
}

export interface Post {
  readonly key: string;
  readonly body: unknown;
  /** Whether the reply is all of it; if not, the request is repeated for the rest. */
  readonly isWhole?: (reply: unknown) => boolean;
}

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2_000;

/** Answers that say "not now": the request is repeated, and its key keeps it from taking effect twice. */
const NOT_NOW: ReadonlySet<number> = new Set([408, 429, 502, 503, 504, 507]);

type Attempt =
  | { readonly kind: 'answered'; readonly body: unknown }
  | { readonly kind: 'unanswered'; readonly reason: string; readonly retryAfterMs: number };

/**
 * A client for a server that may go away at any moment. Every request that changes something carries an
 * `Idempotency-Key`, which makes repeating it safe whatever became of the attempt before: an attempt that took effect is
 * answered as it was then.
 */
export class SeedClient {
  readonly #url: string;
  readonly #patienceMs: number;
  readonly #attemptMs: number;
  readonly #fetch: typeof fetch;
  readonly #authorization: Readonly<Record<string, string>>;
  readonly #onSilence: (reason: string) => void;
  readonly #onAnswerAgain: () => void;

  constructor(options: SeedClientOptions) {
    const { url, patienceMs = 60_000, attemptMs = 15_000, fetch = globalThis.fetch } = options;
    this.#url = url.replace(/\/+$/, '');
    this.#patienceMs = patienceMs;
    this.#attemptMs = attemptMs;
    this.#fetch = fetch;
    this.#authorization = options.key === undefined ? {} : { Authorization: `Bearer ${options.key}` };
    this.#onSilence = options.onSilence ?? (() => {});
    this.#onAnswerAgain = options.onAnswerAgain ?? (() => {});
  }

  /** Rejects with `Rejected` or `Unanswered`. */
  async post(path: string, { key, body, isWhole }: Post): Promise<unknown> {
    const init = {
      method: 'POST',
      headers: { ...this.#authorization, 'Content-Type': 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify(body),
    };
    return this.#request(path, init, isWhole);
  }

  /** Rejects with `Rejected` or `Unanswered`. */
  async get(path: string): Promise<unknown> {
    return this.#request(path, { method: 'GET', headers: this.#authorization });
  }

  async #request(path: string, init: RequestInit, isWhole?: (reply: unknown) => boolean): Promise<unknown> {
    const deadline = performance.now() + this.#patienceMs;
    let attempt = await this.#attempt(path, init, isWhole);
    if (attempt.kind === 'answered') return attempt.body;
    this.#onSilence(attempt.reason);
    for (let backoffMs = BACKOFF_FIRST_MS; attempt.kind === 'unanswered';) {
      const waitMs = Math.max(backoffMs, attempt.retryAfterMs);
      if (performance.now() + waitMs > deadline) throw this.#giveUp(`${init.method} ${path}`, attempt.reason);
      await sleep(waitMs);
      backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS);
      attempt = await this.#attempt(path, init, isWhole);
    }
    this.#onAnswerAgain();
    return attempt.body;
  }

  #giveUp(request: string, reason: string): Unanswered {
    return new Unanswered(`${this.#url} did not answer ${request} for ${this.#patienceMs / 1_000} s: ${reason}`);
  }

  async #attempt(path: string, init: RequestInit, isWhole?: (reply: unknown) => boolean): Promise<Attempt> {
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(this.#url + path, { ...init, signal: AbortSignal.timeout(this.#attemptMs) });
      text = await response.text();
    } catch (error) {
      return { kind: 'unanswered', reason: reasonOf(error), retryAfterMs: 0 };
    }
    if (NOT_NOW.has(response.status)) {
      return { kind: 'unanswered', reason: `status ${response.status}`, retryAfterMs: retryAfterMs(response) };
    }
    if (!response.ok) throw rejection(response.status, text, `${init.method} ${path}`);
    const body: unknown = JSON.parse(text);
    if (isWhole?.(body) === false) return { kind: 'unanswered', reason: 'the batch was cut off', retryAfterMs: 0 };
    return { kind: 'answered', body };
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message: string; readonly cause?: unknown };
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

function rejection(status: number, text: string, request: string): Rejected {
  const problem = problemOf(text);
  const said = problem.detail ?? problem.title ?? text.slice(0, 200);
  return new Rejected(`${request} was answered ${status} ${problem.code ?? ''}: ${said}`, status, problem.code ?? '');
}

function problemOf(text: string): { readonly code?: string; readonly detail?: string; readonly title?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string; title?: string };
  } catch {
    return {};
  }
}
