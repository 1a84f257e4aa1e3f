import { judge, judgeBroken } from './judge.js';
import { BLOCK, KINDS, requestAt, type FuzzRequest, type Kind } from './requests.js';
import type { AccessMode, Scene } from './scene.js';
import { BrokenLines, Line, type WireReply } from './wire.js';

const CLIENTS = 16;
/** More of them say nothing new. */
const FAILURES_SHOWN_MAX = 20;

/** What one group came to. */
export interface Outcome {
  readonly group: string;
  readonly mode: AccessMode;
  readonly requests: number;
  readonly kinds: Readonly<Record<Kind, number>>;
  /** Replies by the first digit of their status; those to broken HTTP too. */
  readonly statuses: Readonly<Record<string, number>>;
  /** 503s that are explained, by code. */
  readonly unavailable: Readonly<Record<string, number>>;
  /** Requests in blocks of which none was accepted, and that therefore may have changed nothing. */
  readonly withoutEffect: number;
  readonly slowestMs: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

/** What a failure is counted as in the report. */
type FailureKind = '5xx' | 'contract' | 'effect';

interface Failure {
  readonly kind: FailureKind;
  /** With what it takes to send the request again. */
  readonly text: string;
}

export interface Stretch {
  readonly seed: number;
  readonly group: string;
  readonly from: number;
  readonly requests: number;
  readonly mode: AccessMode;
}

/** Sends the requests of a group, several at a time, and judges every reply. */
export async function fuzzGroup(scene: Scene, stretch: Stretch): Promise<Outcome> {
  const run = new GroupRun(scene, stretch);
  try {
    return await run.all();
  } finally {
    run.close();
  }
}

class GroupRun {
  readonly #scene: Scene;
  readonly #stretch: Stretch;
  readonly #lines: readonly Line[];
  readonly #broken: BrokenLines;
  readonly #startedMs = performance.now();
  readonly #loggedBefore: number;
  readonly #kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  readonly #statuses: Record<string, number> = {};
  readonly #unavailable: Record<string, number> = {};
  readonly #failures: Failure[] = [];
  #withoutEffect = 0;
  #slowestMs = 0;
  /** Whether anything of the block under way was accepted. */
  #isAccepted = false;

  constructor(scene: Scene, stretch: Stretch) {
    this.#scene = scene;
    this.#stretch = stretch;
    this.#lines = Array.from({ length: CLIENTS }, () => new Line(scene.server.url));
    this.#broken = new BrokenLines(scene.server.url);
    this.#loggedBefore = faultsLogged(scene).length;
  }

  async all(): Promise<Outcome> {
    const { from, requests, group, mode } = this.#stretch;
    const end = from + requests;
    let before = await this.#scene.fingerprint();
    for (let start = from; start < end;) {
      const next = Math.min(end, (Math.floor(start / BLOCK) + 1) * BLOCK);
      before = await this.#block(start, next, before);
      start = next;
    }
    for (const reply of this.#broken.collect()) this.#judgeBroken(reply, `a connection of ${group} that stalled`);
    for (const line of faultsLogged(this.#scene).slice(this.#loggedBefore)) {
      this.#failures.push({
        kind: '5xx',
        text: `the server took a request for its own fault: ${line.slice(0, 2_000)}`,
      });
    }
    return {
      group,
      mode,
      requests,
      kinds: this.#kinds,
      statuses: this.#statuses,
      unavailable: this.#unavailable,
      withoutEffect: this.#withoutEffect,
      slowestMs: this.#slowestMs,
      seconds: (performance.now() - this.#startedMs) / 1_000,
      failures: this.#failures,
    };
  }

  close(): void {
    for (const line of this.#lines) line.close();
    this.#broken.collect();
  }

  /** Gives the fingerprint after it. */
  async #block(start: number, end: number, before: string): Promise<string> {
    this.#isAccepted = false;
    let next = start;
    await Promise.all(
      this.#lines.map(async (line) => {
        while (next < end) {
          const index = next;
          next += 1;
          await this.#one(line, index);
        }
      }),
    );
    const after = await this.#scene.fingerprint();
    if (this.#isAccepted) return after;
    this.#withoutEffect += end - start;
    if (after !== before) {
      const where = differenceOf(before, after);
      this.#fail('effect', `nothing of the block was accepted, and something changed: ${where}`, start, end - start);
    }
    return after;
  }

  async #one(line: Line, index: number): Promise<void> {
    const { source, role } = this.#scene.sourceFor(this.#stretch.mode);
    const request = requestAt(source, { ...this.#stretch, index });
    this.#kinds[request.kind] += 1;
    const again = `${request.method} ${request.target.slice(0, 300)}`;
    const startedMs = performance.now();
    try {
      if (request.broken !== null) {
        for (const reply of await this.#broken.send(request.broken))
          this.#judgeBroken(reply, `${shownBytes(request.broken.bytes)}\n${this.#again(index, 1)}`);
        return;
      }
      const reply = await line.send(request.bytes, {
        isHead: request.method === 'HEAD',
        isStream: /\/stream(\?|$)/.test(request.target),
      });
      this.#count(request, reply);
      const { wrong, unavailable } = judge(this.#scene.reference, { request, reply, role });
      if (unavailable !== null) this.#unavailable[unavailable] = (this.#unavailable[unavailable] ?? 0) + 1;
      for (const what of wrong) {
        const kind = /^status 5/.test(what) ? '5xx' : 'contract';
        this.#fail(
          kind,
          `${what}\n${shown(request)}\n→ ${reply.status} ${reply.body.subarray(0, 500).toString()}`,
          index,
          1,
        );
      }
    } catch (error) {
      this.#fail(
        'contract',
        `${error instanceof Error ? error.message : String(error)}\n${again}\n${shown(request)}`,
        index,
        1,
      );
    } finally {
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
    }
  }

  #count({ method }: FuzzRequest, { status }: WireReply): void {
    this.#statuses[`${String(status)[0]}xx`] = (this.#statuses[`${String(status)[0]}xx`] ?? 0) + 1;
    if (status < 400 && !['GET', 'HEAD', 'OPTIONS'].includes(method)) this.#isAccepted = true;
  }

  #judgeBroken(reply: WireReply, where: string): void {
    this.#statuses[`${String(reply.status)[0]}xx`] = (this.#statuses[`${String(reply.status)[0]}xx`] ?? 0) + 1;
    for (const what of judgeBroken(this.#scene.reference, reply)) {
      const kind = /^status 5/.test(what) ? '5xx' : 'contract';
      this.#failures.push({
        kind,
        text: `${what}\n${where}\n→ ${reply.status} ${reply.body.subarray(0, 500).toString()}`,
      });
    }
  }

  #fail(kind: FailureKind, what: string, from: number, requests: number): void {
    const text = this.#failures.length < FAILURES_SHOWN_MAX ? `${what}\n${this.#again(from, requests)}` : what;
    this.#failures.push({ kind, text: text.slice(0, 6_000) });
  }

  #again(from: number, requests: number): string {
    const { seed, group, mode } = this.#stretch;
    return `npm run fuzz -- --seed ${seed} --group ${group} --access ${mode} --from ${from} --requests ${requests}`;
  }
}

/** What the server itself thinks that it did wrong. */
const faultsLogged = ({ server }: Scene): readonly string[] =>
  server
    .logged()
    .filter(({ level }) => level === 'error' || level === 'fatal')
    .map((line) => JSON.stringify(line));

/** A request as it was sent, as far as it is worth reading. */
const shown = ({ kind, bytes }: FuzzRequest): string => `${kind}: ${shownBytes(bytes)}`;

const shownBytes = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 1_500).toString('latin1'));

function differenceOf(before: string, after: string): string {
  let at = 0;
  while (before[at] === after[at]) at += 1;
  return `…${before.slice(Math.max(0, at - 100), at + 200)}… is now …${after.slice(Math.max(0, at - 100), at + 200)}…`;
}
