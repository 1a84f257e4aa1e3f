import { createHash } from 'node:crypto';
import { canonicalText, decide, evolve, formatDecimal, State, touch } from '#domain';
import { commandOf, receiptOf } from './in-process-commands.js';

/** Untyped, as it comes over HTTP. */
type Data = ReturnType<typeof JSON.parse>;

interface Recorded {
  readonly body: string;
  readonly status: number;
  readonly reply: unknown;
}

/** What becomes of a request on its way. */
export type Fate = 'served' | 'lost before' | 'lost after' | 'unavailable';

/**
 * As much of a server as the example needs, over the real economy and without HTTP or database, so that four years take
 * seconds. It keeps one timeline, the outcome of every keyed batch, and can lose requests and replies.
 */
export class InProcessServer {
  readonly state = new State();
  version = 0;
  requests = 0;
  readonly faults: Record<Fate, number> = { served: 0, 'lost before': 0, 'lost after': 0, unavailable: 0 };
  #name = '';
  readonly #recorded = new Map<string, Recorded>();

  constructor(private readonly fateOf: (request: number) => Fate = () => 'served') {}

  /** In place of the global one. */
  readonly fetch: typeof fetch = async (input: unknown, init) => {
    const fate = this.fateOf((this.requests += 1));
    this.faults[fate] += 1;
    if (fate === 'lost before') throw new TypeError('fetch failed');
    if (fate === 'unavailable') return new Response('{}', { status: 503, headers: { 'Retry-After': '0' } });
    const { status, reply } = this.#answer(new URL(input as string).pathname, init);
    if (fate === 'lost after') throw new TypeError('fetch failed');
    return new Response(JSON.stringify(reply), { status });
  };

  get stateHash(): string {
    const hash = createHash('sha256');
    for (const piece of canonicalText(this.state)) hash.update(piece);
    return hash.digest('hex');
  }

  #answer(path: string, init: RequestInit | undefined): { readonly status: number; readonly reply: unknown } {
    const read = init?.method === 'GET';
    if (read) return { status: 200, reply: this.#read(path) };
    const key = new Headers(init?.headers).get('idempotency-key') ?? '';
    const body = init?.body as string;
    const before = this.#recorded.get(key);
    if (before !== undefined && before.body !== body) return { status: 409, reply: { code: 'key-reused' } };
    if (before !== undefined) return before;
    const done = this.#change(path, JSON.parse(body));
    this.#recorded.set(key, { body, ...done });
    return done;
  }

  #change(path: string, body: Data): { readonly status: number; readonly reply: unknown } {
    if (path.endsWith('/labels')) return { status: 201, reply: body };
    if (path !== '/v1/timelines') {
      const results = body.commands.map((entry: Data) => this.#execute(entry));
      return { status: 200, reply: { version: this.version, results } };
    }
    if (this.#name !== '') return { status: 409, reply: { code: 'timeline-name-taken' } };
    this.#name = body.name;
    this.#execute({ type: 'CreateTimeline', data: body });
    return { status: 201, reply: {} };
  }

  #execute({ type, data }: Data): unknown {
    const command = commandOf(type, data);
    const decision = decide(this.state, command, {
      nowMs: this.state.nowMs,
      limits: { documentsMax: 0, documentBytesMax: 0 },
    });
    if (decision.kind === 'repeated') return { status: 'accepted', version: this.version, result: {} };
    if (decision.kind !== 'accepted') {
      const { code, detail } = decision;
      return { status: 'refused', problem: { code, detail } };
    }
    for (const event of decision.events) {
      this.version += 1;
      evolve(this.state, event, { version: this.version, atMs: event.atMs });
    }
    return { status: 'accepted', version: this.version, result: receiptOf(command, decision.events) };
  }

  #read(path: string): unknown {
    const { ledger, yieldAccount } = this.state;
    if (path.endsWith('/yield')) return { totalDistributed: formatDecimal(yieldAccount.distributed) };
    if (path.endsWith('/state')) {
      return {
        version: this.version,
        stateHash: this.stateHash,
        moneySupply: formatDecimal(0n - ledger.issuance),
      };
    }
    if (path.endsWith('/agents')) return { items: this.#agents(), nextCursor: null };
    return { name: this.#name, parent: null };
  }

  #agents(): readonly unknown[] {
    const { agents, yieldAccount } = this.state;
    return [...agents.sortedIds()].flatMap((agentId) => {
      const agent = agents.get(agentId);
      if (agent === undefined) return [];
      const { credit } = touch(agent, yieldAccount);
      return {
        agentId,
        available: formatDecimal(agent.available + credit),
        staked: formatDecimal(agent.staked),
        yieldEarned: formatDecimal(agent.yieldEarned + credit),
      };
    });
  }
}
