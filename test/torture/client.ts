import { setTimeout as sleep } from 'node:timers/promises';
import { pick, type Dice } from '../dice.js';
import { isOutage, type Fullness } from './asking.js';
import { Connection } from './connection.js';
import type { Asked, LineFile, Operation, Reply } from './history.js';
import { requestOf, type WireCommand, type WireRequest } from './wire.js';
import type { Workload } from './workload.js';

const ATTEMPTS_MAX = 8;
/** Operations of one client in one timeline; its number and the operation's make a key that nobody else has. */
const OPERATIONS_PER_CLIENT_MAX = 1_000_000;

/** A timeline that clients work on, and where what they did is written down. */
export interface Stage {
  readonly timeline: string;
  readonly workload: Workload;
  readonly history: LineFile;
  /** The newest version that any client saw. */
  known: number;
}

/** What all clients share. */
export interface Audience {
  readonly stages: readonly Stage[];
  /** The servers' addresses; each attempt goes to any of them. */
  readonly urls: readonly string[];
  readonly disk: Fullness;
  /** Pause between two operations of one client, ms. */
  readonly pauseMs: number;
  /** Told of every operation. */
  readonly count: (operation: Operation) => void;
}

/** One client: asks, waits for the answer, repeats what may be repeated, writes down what it saw, and goes on. */
export class Client {
  readonly #id: number;
  readonly #roll: Dice;
  readonly #audience: Audience;
  readonly #connection = new Connection();
  #serial = 0;
  /** The last command that had its effect under a key. */
  #done: { readonly stage: Stage; readonly key: string } | null = null;

  constructor(id: number, roll: Dice, audience: Audience) {
    this.#id = id;
    this.#roll = roll;
    this.#audience = audience;
  }

  /** Until it is to stop; the operation that it is at is finished. */
  async run(stopping: AbortSignal): Promise<void> {
    const { stages, pauseMs } = this.#audience;
    while (!stopping.aborted) {
      await this.#act(pick(this.#roll, stages));
      if (pauseMs > 0) await sleep(pauseMs * (0.5 + this.#roll(100) / 100));
    }
    this.#connection.close();
  }

  /** Carries out one command that has to be accepted, whatever happens meanwhile. */
  async insist(stage: Stage, command: WireCommand): Promise<void> {
    const asked: Asked = { kind: 'command', command, expectedVersion: null };
    await this.#carryOut(stage, asked, { key: this.#newKey() });
  }

  async #act(stage: Stage): Promise<void> {
    const roll = this.#roll;
    const sort = roll(400);
    if (sort === 0) return this.#crowd(stage);
    if (sort <= 4 && this.#done !== null) {
      const { stage: earlier, key } = this.#done;
      return this.#carryOut(earlier, { kind: 'reuse', command: earlier.workload.command() }, { key });
    }
    const asked = stage.workload.next(stage.known);
    if (asked.kind === 'read') return this.#carryOut(stage, asked, { key: null });
    if (asked.kind === 'command' && asked.command.type === 'DepositFunds' && roll(3) === 0) {
      // Without a key an amount of its own tells it from all others.
      const { agentId = '' } = asked.command.data;
      const amount = this.#nextId() / 1_000_000;
      const command: WireCommand = { type: 'DepositFunds', data: { agentId, amount: amount.toFixed(6) } };
      return this.#carryOut(stage, { ...asked, command }, { key: null });
    }
    return this.#carryOut(stage, asked, { key: this.#newKey() });
  }

  /** One request many times at once, each at any server. */
  async #crowd(stage: Stage): Promise<void> {
    const asked: Asked = { kind: 'command', command: stage.workload.command(), expectedVersion: null };
    const key = this.#newKey();
    const size = this.#roll(10) === 0 ? 50 : 2 + this.#roll(6);
    await Promise.all(Array.from({ length: size }, () => this.#carryOut(stage, asked, { key, isOneOfMany: true })));
  }

  #nextId(): number {
    this.#serial += 1;
    return (this.#id + 1) * OPERATIONS_PER_CLIENT_MAX + this.#serial;
  }

  #newKey(): string {
    return `k${this.#nextId()}`;
  }

  /** All attempts at one operation. A command without a key is tried once; nothing could tell a second time from the first. */
  async #carryOut(
    stage: Stage,
    asked: Asked,
    { key, isOneOfMany = false }: { readonly key: string | null; readonly isOneOfMany?: boolean },
  ): Promise<void> {
    const id = this.#nextId();
    const invokedMs = performance.now();
    let lastInvokedMs = invokedMs;
    let reply: Reply | null = null;
    let uncertain = false;
    let verdict: Verdict = 'failed';
    let attempts = 0;
    while (attempts < ATTEMPTS_MAX) {
      attempts += 1;
      lastInvokedMs = performance.now();
      reply = await this.#attempt(stage.timeline, asked, key);
      verdict = this.#verdictOf(reply, lastInvokedMs);
      if (verdict === 'unknown' && asked.kind !== 'read') uncertain = true;
      if (verdict === 'answered' || key === null || asked.kind === 'reuse') break;
      if (this.#roll(10) < (verdict === 'unknown' ? 1 : 4)) break;
      await sleep(50 + this.#roll(500));
    }
    const accepted = verdict === 'answered' && reply !== null && reply.status < 300;
    const operation: Operation = {
      id,
      client: this.#id,
      timeline: stage.timeline,
      asked,
      key,
      invokedMs,
      lastInvokedMs,
      completedMs: performance.now(),
      attempts,
      isOneOfMany,
      // An earlier attempt may still arrive, unless this answer is that of the key.
      outcome: uncertain && !accepted ? 'unknown' : verdict === 'answered' ? 'answered' : 'failed',
      reply,
    };
    if (accepted && asked.kind === 'command' && key !== null) this.#done = { stage, key };
    if (reply?.version != null && reply.version > stage.known) stage.known = reply.version;
    this.#audience.count(operation);
    await stage.history.write(operation);
  }

  /** What one reply says about whether the request had its effect. */
  #verdictOf(reply: Reply | null, askedMs: number): Verdict {
    if (reply === null) return 'unknown';
    // A stopped timeline lets no command through, now as later.
    const passes = reply.status === 503 || isOutage(reply, this.#audience.disk, askedMs);
    if (!passes) return 'answered';
    return reply.body.includes('"code":"outcome-unknown"') ? 'unknown' : 'failed';
  }

  async #attempt(timeline: string, asked: Asked, key: string | null): Promise<Reply | null> {
    const { method, path, body } = wireOf(asked);
    const target = `${pick(this.#roll, this.#audience.urls)}/v1/timelines/${timeline}${path === '' ? '' : `/${path}`}`;
    const headers = {
      ...(key !== null && { 'idempotency-key': key }),
      ...(asked.kind === 'command' && asked.expectedVersion !== null && { 'if-match': `"${asked.expectedVersion}"` }),
    };
    return this.#connection.send(target, { method, body, headers }).catch(() => null);
  }
}

function wireOf(asked: Asked): WireRequest {
  switch (asked.kind) {
    case 'read':
      return { method: 'GET', path: asked.path, body: null };
    case 'batch': {
      const { commands, atomic } = asked;
      return { method: 'POST', path: 'commands', body: JSON.stringify({ commands, atomic }) };
    }
    case 'command':
    case 'reuse':
      return requestOf(asked.command);
  }
}

type Verdict = Operation['outcome'];
