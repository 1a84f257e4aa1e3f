import { mintKey } from '#access';
import { ACCESS_SECRET } from '../access-secret.js';
import { startServer, type RunningServer } from '../server.js';
import { readReference, type Reference } from './reference.js';
import type { Source } from './requests.js';

/** Who asks: an open server has no keys; a protected one is asked with none, with a reader's and with an admin's. */
export const ACCESS = ['open', 'none', 'reader', 'admin'] as const;
export type AccessMode = (typeof ACCESS)[number];

/** A real server with some data in it. */
export interface Scene {
  readonly server: RunningServer;
  readonly reference: Reference;
  /** What requests are drawn from, and the role of their key; null on an open server. */
  readonly sourceFor: (mode: AccessMode) => { readonly source: Source; readonly role: string | null };
  /** All that a request could have changed and that does not change by itself, as text. */
  readonly fingerprint: () => Promise<string>;
  /** Verifies every timeline; what was found, each as a sentence. */
  readonly verify: () => Promise<readonly string[]>;
}

const SERVER_ENV = {
  // The clients are many more than the default is for, and answers that tell of overload would hide others.
  PAST_STATES_MAX: '32',
  STREAMS_MAX: '200',
  BAD_KEYS_PER_MINUTE_MAX: '0',
  COSTLY_REQUESTS_PER_SECOND_MAX: '0',
} as const;

export async function openScene(databaseUrl: string, isProtected: boolean): Promise<Scene> {
  const { text: admin } = mintKey();
  const env = { ...SERVER_ENV, ...(isProtected && { ACCESS_SECRET, ADMIN_KEY: admin }) };
  const server = await startServer({ databaseUrl, env });
  await server.ready();
  const ask = asker(server.url, isProtected ? admin : null);
  const replayId = await furnish(ask);
  const reference = await readReference(server.url);
  const archive = Buffer.from(await (await ask('GET', '/v1/admin/export?timeline=SMALL')).arrayBuffer());
  const made = isProtected ? await ask('POST', '/v1/admin/keys', { name: 'reader', role: 'reader' }) : null;
  const reader = made === null ? null : ((await made.json()) as { text: string; key: { keyId: string } });
  const known = { keyIds: [], replayIds: [replayId] };
  const keys = { open: null, none: null, reader: reader?.text ?? null, admin };
  return {
    server,
    reference,
    sourceFor: (mode) => ({
      source: { reference, known, archive, key: keys[mode] },
      role: mode === 'open' ? null : mode === 'none' ? 'everyone' : mode,
    }),
    fingerprint: () => fingerprint(ask, isProtected),
    verify: () => verify(ask),
  };
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Response>;

function asker(url: string, key: string | null): Ask {
  return async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  };
}

/** Agents, markets, bets, documents, forks and labels, so that the ids that are drawn mostly exist. Gives a replay's id. */
async function furnish(ask: Ask): Promise<string> {
  const base = '/v1/timelines/T';
  const timeline = { clock: 'virtual', startAt: '1970-01-01T00:00:00Z', apy: '0.05' };
  for (const name of ['T', 'SMALL']) await ask('POST', '/v1/timelines', { name, ...timeline });
  for (const agentId of ['ann', 'bob', 'eve']) {
    await ask('POST', `${base}/agents`, { agentId, deposit: '1000000' });
    await ask('POST', `${base}/agents/${agentId}/stakes`, { amount: '1000' });
  }
  for (const marketId of ['m', 'n', 'o']) {
    await ask('POST', `${base}/markets`, { marketId, title: 'Rain?', expiresAt: '9999-01-01T00:00:00Z' });
    await ask('POST', `${base}/markets/${marketId}/bets`, { agentId: 'ann', outcome: 'YES', amount: '50' });
  }
  await ask('POST', `${base}/world-events`, { eventId: 'e', title: 'breaking election', socialVolume: 1_000_000 });
  for (const name of ['d', 'd1']) await ask('PUT', `${base}/documents/${name}`, { a: [1, 'x', null] });
  await ask('POST', `${base}/labels`, { label: 'L' });
  await ask('POST', `${base}/clock/advance`, { byMs: 60_000 });
  for (const name of ['KEPT', 'F0', 'F1']) await ask('POST', `${base}/forks`, { name });
  await ask('POST', '/v1/timelines/SMALL/agents', { agentId: 'ann', deposit: '1' });
  const replay = await ask('POST', '/v1/admin/replays', { timeline: 'T', mode: 'verify' });
  return ((await replay.json()) as { id: string }).id;
}

interface Listed {
  readonly name: string;
  readonly clock: string;
  readonly status: string;
}

const timelinesIn = async (ask: Ask): Promise<readonly Listed[]> =>
  ((await (await ask('GET', '/v1/timelines?limit=1000')).json()) as { items: Listed[] }).items;

async function fingerprint(ask: Ask, isProtected: boolean): Promise<string> {
  const text = async (path: string): Promise<string> => (await ask('GET', path)).text();
  const timelines = await timelinesIn(ask);
  // On the wall clock time passes without anybody asking.
  const shown = timelines.map((one) => (one.clock === 'virtual' ? one : { name: one.name, status: one.status }));
  const replays = (await (await ask('GET', '/v1/admin/replays?limit=1000')).json()) as { items: { id: string }[] };
  const parts = await Promise.all([
    ...['T', 'KEPT'].map((name) => text(`/v1/timelines/${name}/state`)),
    ...['T', 'KEPT'].map((name) => text(`/v1/timelines/${name}/labels`)),
    ...(isProtected ? [text('/v1/admin/keys')] : []),
  ]);
  return JSON.stringify([shown, replays.items.map(({ id }) => id), parts]);
}

async function verify(ask: Ask): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { name } of await timelinesIn(ask)) {
    const found = (await (await ask('GET', `/v1/admin/verify/${encodeURIComponent(name)}`)).json()) as {
      valid: boolean;
    };
    if (!found.valid) wrong.push(`the timeline ${name} does not verify: ${JSON.stringify(found)}`);
  }
  return wrong;
}
