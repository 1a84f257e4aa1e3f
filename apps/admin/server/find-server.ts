import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { isCredential, type Settings } from '#settings';
import { misused, reasonOf, unavailable } from '../failure.js';
import { whyNot } from '../files/why-not.js';
import type { Session } from '../session.js';

const askTimeoutMs = 3_000;
const startWaitMs = 60_000;
const startPollMs = 250;

/** What `/health` says of a Seed server. */
interface Health {
  readonly status: string;
  readonly database: string;
  readonly version: string;
  /** How many timelines it cannot go on with; absent where there are none. */
  readonly stopped?: number;
  /** Those of them that whoever asked may read. */
  readonly stoppedTimelines?: readonly StoppedTimeline[];
}

/** A timeline whose log cannot be read on from a version. */
export interface StoppedTimeline {
  readonly timeline: string;
  readonly version: number;
  readonly reason: string;
}

/** A Seed server that answers. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string;
  readonly health: Health;
  /** What goes with every request: the access key, and why the command is given. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Which server, and what to show it. */
export interface ServerWish {
  readonly server?: string;
  /** As it was typed. */
  readonly keyFile?: string;
  /** Why the command is given: the server records it with what it changes. */
  readonly reason?: string;
}

/**
 * The server at the address that was given, or else the one that the settings' HOST and PORT lead to; undefined where none
 * was given and none runs there.
 *
 * @throws Failure `server-unavailable` if one was given and does not answer; `key-file-invalid`
 */
export async function findServer(session: Session, wish: ServerWish): Promise<Server | undefined> {
  const { server: given } = wish;
  if (given === undefined) {
    const url = addressOf(session.settings);
    const health = url === undefined ? undefined : await askHealth(url).catch(() => undefined);
    if (url === undefined || health === undefined) return undefined;
    return answering(url, health, await headersFor(session, wish));
  }
  const health = await askHealth(given).catch((error: unknown) => {
    throw unavailable('server-unavailable', `No server answers at ${given}: ${reasonOf(error)}.`, error);
  });
  if (health === undefined) {
    throw unavailable(
      'server-unavailable',
      `What answers at ${given} is no Seed server: ${given}/health is not its own.`,
    );
  }
  return answering(given, health, await headersFor(session, wish));
}

/** Which timelines are stopped the server tells only to who may read them. */
async function answering(url: string, health: Health, headers: Server['headers']): Promise<Server> {
  const isToldMore = health.stopped !== undefined && headers['authorization'] !== undefined;
  const told = isToldMore ? await askHealth(url, headers).catch(() => undefined) : undefined;
  return { url, health: told ?? health, headers };
}

/** The admin's key of the settings is shown to the server alone that has the same settings. */
async function headersFor(session: Session, { server, keyFile, reason }: ServerWish): Promise<Server['headers']> {
  const { seedKey, adminKey } = session.settings;
  const known = seedKey ?? (server === undefined ? adminKey : undefined);
  const key = keyFile === undefined ? known : await keyIn(session.path(keyFile));
  return {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    // A header is bytes, which `fetch` takes as characters of one byte each.
    ...(reason !== undefined && { 'seed-reason': Buffer.from(reason).toString('latin1') }),
  };
}

/** @throws Failure `key-file-invalid` */
async function keyIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw misused('key-file-invalid', `The key cannot be read from ${path}: ${whyNot(error)}.`);
  });
  const key = text.trim();
  if (isCredential(key)) return key;
  throw misused('key-file-invalid', `${path} holds no access key and no token.`);
}

/** Waits while the server starts. @throws Failure `server-unavailable` if it ends, cannot serve, or takes too long */
export async function becomesReady({ url, health }: Server): Promise<void> {
  const deadlineMs = performance.now() + startWaitMs;
  let { status } = health;
  while (status === 'starting' && performance.now() < deadlineMs) {
    await sleep(startPollMs);
    status = await askHealth(url).then(
      (now) => now?.status ?? 'gone',
      () => 'gone',
    );
  }
  if (status === 'healthy' || status === 'degraded') return;
  throw unavailable('server-unavailable', `The server at ${url} takes no commands: it is ${status}. Try again later.`);
}

/** Undefined where something else answers. */
async function askHealth(url: string, headers: Server['headers'] = {}): Promise<Health | undefined> {
  const signal = AbortSignal.timeout(askTimeoutMs);
  const response = await fetch(`${url}/health`, { headers, signal, redirect: 'error' });
  const answer: unknown = await response.json().catch(() => undefined);
  return isHealth(answer) ? answer : undefined;
}

function isHealth(answer: unknown): answer is Health {
  const { status, database, version } = (answer ?? {}) as Partial<Record<keyof Health, unknown>>;
  return [status, database, version].every((value) => typeof value === 'string');
}

/** Where this machine reaches what listens on HOST and PORT; undefined for a port that nobody can know. */
function addressOf({ host, port }: Settings): string | undefined {
  if (port === 0) return undefined;
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const reachable = everywhere[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
