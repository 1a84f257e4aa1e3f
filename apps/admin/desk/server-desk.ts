import type { JsonValue } from '#domain';
import type { Label, StrayRows } from '#event-log';
import type {
  AgentView,
  At,
  CommandReply,
  ComparisonView,
  EventPage,
  MarketView,
  Page,
  ReplayView,
  SnapshotView,
  StateView,
  TimelineEntryView,
} from '#presentation';
import type { ExpectedHash, Verification } from '#proof';
import { reasonOf, unavailable } from '../failure.js';
import type { Server } from '../server/find-server.js';
import { isPassing, problemOf, refusalIn, request, type RepeatableRequest, type Reply } from '../server/request.js';
import {
  archiveChange,
  completeChange,
  forkChange,
  keyOf,
  labelChange,
  removeChange,
  replayChange,
  type Change,
} from './changes.js';
import type {
  ComparisonPage,
  Desk,
  EventsWanted,
  NewFork,
  NewLabel,
  NewReplay,
  Streamed,
  StreamWanted,
} from './desk.js';
import { problemFailure } from './problem-failure.js';
import { readServerEvents } from './server-events.js';

const pageSize = 1_000;
/** A server proves a long log beside its other work; longer than this no client of this Node waits for a reply. */
const verifyTimeoutMs = 300_000;

type Query = Readonly<Record<string, string | number | undefined>>;

/** The timelines of a running server. */
export class ServerDesk implements Desk {
  readonly name: string;
  readonly #headers: Server['headers'];

  constructor({ url, headers }: Server) {
    this.name = url;
    this.#headers = headers;
  }

  async nowMs(): Promise<number> {
    const { timestamp } = await this.#get<{ readonly timestamp: string }>('/health');
    return Date.parse(timestamp);
  }

  timelines(): Promise<readonly TimelineEntryView[]> {
    return this.#all('/v1/timelines');
  }

  takeSnapshot(timeline: string): Promise<SnapshotView> {
    return this.#send({ method: 'POST', url: `${this.name}${pathOf(timeline)}/snapshots` });
  }

  snapshots(timeline: string): Promise<readonly SnapshotView[]> {
    return this.#all(`${pathOf(timeline)}/snapshots`);
  }

  putLabel(timeline: string, label: NewLabel, key: string | undefined): Promise<Label> {
    return this.#change(labelChange(timeline, label), key);
  }

  labels(timeline: string): Promise<readonly Label[]> {
    return this.#all(`${pathOf(timeline)}/labels`);
  }

  fork(parent: string, fork: NewFork, key: string | undefined): Promise<CommandReply> {
    return this.#change(forkChange(parent, fork), key);
  }

  complete(timeline: string, result: JsonValue | undefined, key: string | undefined): Promise<CommandReply> {
    return this.#change(completeChange(timeline, result), key);
  }

  archive(timeline: string, key: string | undefined): Promise<CommandReply> {
    return this.#change(archiveChange(timeline), key);
  }

  async remove(timeline: string, key: string | undefined): Promise<void> {
    await this.#change(removeChange(timeline), key);
  }

  compare({ left, right, limit, cursor }: ComparisonPage): Promise<ComparisonView> {
    return this.#get(`${pathOf(left)}/compare/${right}`, { limit, cursor });
  }

  state(timeline: string, at: string | null): Promise<StateView> {
    return this.#get(`${pathOf(timeline)}/state`, atQuery(at));
  }

  async fullState(timeline: string, at: string | null, write: (piece: string) => Promise<void>): Promise<void> {
    const url = this.#url(`${pathOf(timeline)}/state`, { ...atQuery(at), full: 'true' });
    const response = await fetch(url, { headers: this.#headers }).catch((error: unknown) => {
      throw unavailable('server-unavailable', `The server does not serve ${url}: ${reasonOf(error)}.`, error);
    });
    if (!response.ok || response.body === null) {
      const reply = { status: response.status, body: await response.json().catch(() => undefined) };
      throw isPassing(reply) ? unavailable('server-unavailable', refusalIn(reply).message) : failureIn(url, reply);
    }
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await pieces.read().catch((error: unknown) => {
        throw unavailable(
          'server-unavailable',
          'The connection broke: what was written is not the whole state.',
          error,
        );
      });
      if (done) return;
      await write(value);
    }
  }

  agent(timeline: string, agentId: string, at: string | null): Promise<At & AgentView> {
    return this.#get(`${pathOf(timeline)}/state/agents/${agentId}`, atQuery(at));
  }

  market(timeline: string, marketId: string, at: string | null): Promise<At & MarketView> {
    return this.#get(`${pathOf(timeline)}/state/markets/${marketId}`, atQuery(at));
  }

  startReplay(replay: NewReplay, key: string): Promise<ReplayView> {
    return this.#change(replayChange(replay), key);
  }

  replay(id: string): Promise<ReplayView> {
    return this.#get(`/v1/admin/replays/${id}`);
  }

  async cancelReplay(id: string): Promise<ReplayView> {
    const reply = await request({
      method: 'DELETE',
      url: `${this.name}/v1/admin/replays/${id}`,
      headers: this.#headers,
    });
    if (problemOf(reply).code === 'replay-finished') return this.replay(id);
    if (reply.status >= 300) throw failureIn('', reply);
    return reply.body as ReplayView;
  }

  verify(timeline: string, expected: readonly ExpectedHash[]): Promise<Verification> {
    const query = expected.map(({ version, hash }) => `expect=${version}:${hash}`).join('&');
    const url = `${this.name}/v1/admin/verify/${timeline}${query && `?${query}`}`;
    return this.#send({ method: 'GET', url, timeoutMs: verifyTimeoutMs });
  }

  async strayRows(): Promise<readonly StrayRows[]> {
    const url = `${this.name}/v1/admin/verify`;
    const { strayRows } = await this.#send<{ readonly strayRows: readonly StrayRows[] }>({ method: 'GET', url });
    return strayRows;
  }

  events(timeline: string, { after, types, limit }: EventsWanted): Promise<EventPage> {
    return this.#get(`${pathOf(timeline)}/events`, { after, limit, type: types?.join(',') });
  }

  stream(timeline: string, { after, types, signal }: StreamWanted): AsyncIterable<Streamed> {
    const query = { after: after ?? undefined, type: types?.join(',') };
    const url = this.#url(`${pathOf(timeline)}/events/stream`, query);
    return readServerEvents({ url, headers: this.#headers }, signal);
  }

  async #all<Item>(path: string): Promise<readonly Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Page<Item> = await this.#get(path, { limit: pageSize, cursor });
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  #get<Body>(path: string, query: Query = {}): Promise<Body> {
    return this.#send({ method: 'GET', url: this.#url(path, query) });
  }

  #change<Body>(change: Change, key: string | undefined): Promise<Body> {
    const { method, path, query = '', body } = change;
    const url = this.name + path + query;
    return this.#send({ method, url, key: keyOf(change, key), ...(body !== undefined && { body }) });
  }

  async #send<Body>(wanted: Omit<RepeatableRequest, 'headers'>): Promise<Body> {
    const reply = await request({ ...wanted, headers: this.#headers });
    if (reply.status >= 300) throw failureIn(wanted.url, reply);
    return reply.body as Body;
  }

  #url(path: string, query: Query): string {
    const url = new URL(this.name + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
  }
}

const pathOf = (timeline: string): string => `/v1/timelines/${timeline}`;

const atQuery = (at: string | null): Query => ({ at: at ?? undefined });

/** What a reply that is no success says, in the words of this command line. */
function failureIn(url: string, reply: Reply): Error {
  const { code, detail, errors } = problemOf(reply);
  if (code === undefined || detail === undefined || errors.length > 0) return refusalIn(reply);
  switch (code) {
    case 'route-unknown':
      return problemFailure({ code, detail: 'The server is of a release that cannot do this: update it, or stop it.' });
    case 'unauthenticated':
      return refusalIn(reply);
    case 'timeline-unknown':
      return problemFailure({ code, detail: `There is no timeline ${timelinesIn(url)}.` });
    default:
      return problemFailure({ code, detail });
  }
}

/** The server does not say which of two it is. */
function timelinesIn(url: string): string {
  const [, name = '', other] = /\/v1\/(?:timelines|admin\/verify)\/([^/?]+)(?:\/compare\/([^/?]+))?/.exec(url) ?? [];
  return other === undefined ? name : `${name}, or no ${other}`;
}
