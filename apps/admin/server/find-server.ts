import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '#settings';
import { reasonOf, unavailable } from '../failure.js';

const askTimeoutMs = 3_000;
const startWaitMs = 60_000;
const startPollMs = 250;

/** What `/health` says of a Seed server. */
interface Health {
  readonly status: string;
  readonly database: string;
  readonly version: string;
  /** Timelines that it cannot go on with; absent where there are none. */
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
}

/**
 * The server at the address that was given, or else the one that the settings' HOST and PORT lead to; undefined where none
 * was given and none runs there.
 *
 * @throws Failure `server-unavailable` if one was given and does not answer
 */
export async function findServer(given: string | undefined, settings: () => Settings): Promise<Server | undefined> {
  if (given === undefined) {
    const url = addressOf(settings());
    const health = url === undefined ? undefined : await askHealth(url).catch(() => undefined);
    return url === undefined || health === undefined ? undefined : { url, health };
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
  return { url: given, health };
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
async function askHealth(url: string): Promise<Health | undefined> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(askTimeoutMs), redirect: 'error' });
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
