import { mintKey } from '#access';
import { ACCESS_SECRET } from '../../test/access-secret.js';
import { startServer, stopServers, type RunningServer } from '../../test/server.js';
import type { Bench } from '../bench.js';

/** Who asks. */
export interface NewKey {
  readonly role: 'reader' | 'agent' | 'operator';
  readonly agentId?: string;
  readonly timelines?: readonly string[];
}

/** A protected server as a process of its own, on a database of its own, with a market for the writer to bet on. */
export class Target {
  readonly server: RunningServer;
  readonly #admin: string;
  #keys = 0;

  private constructor(server: RunningServer, admin: string) {
    this.server = server;
    this.#admin = admin;
  }

  static async open(
    bench: Bench,
    { project, env = {} }: { readonly project: string | undefined; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Target> {
    const { text: admin } = mintKey();
    bench.atEnd(stopServers);
    const server = await startServer({
      databaseUrl: await bench.newDatabase(),
      ...(project !== undefined && { project }),
      env: { ACCESS_SECRET, ADMIN_KEY: admin, ...env },
    });
    await server.ready();
    const target = new Target(server, admin);
    await target.createTimeline('WRITER');
    await target.submit('WRITER', [
      ...['writer', 'attacker'].map((agentId) => ({ type: 'RegisterAgent', data: { agentId, deposit: '1000000000' } })),
      { type: 'CreateMarket', data: { marketId: 'MARKET', title: 'Does it hold?', duration: 'macro' } },
    ]);
    return target;
  }

  get url(): string {
    return this.server.url;
  }

  /** Header fields of the writer, who may do everything. */
  get writer(): Readonly<Record<string, string>> {
    return bearer(this.#admin);
  }

  /** Header fields of somebody with a new key. */
  async newKey(wanted: NewKey): Promise<Readonly<Record<string, string>>> {
    this.#keys += 1;
    const { text } = await this.#post('/v1/admin/keys', { name: `attacker ${this.#keys}`, ...wanted });
    return bearer(String(text));
  }

  async createTimeline(name: string): Promise<void> {
    await this.#post('/v1/timelines', { name, clock: 'virtual', startAt: '2026-01-01T00:00:00Z' });
  }

  async submit(timeline: string, commands: readonly object[]): Promise<void> {
    await this.#post(`/v1/timelines/${timeline}/commands`, { commands });
  }

  async #post(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const headers = { 'content-type': 'application/json', ...this.writer };
    const response = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }
}

const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });
