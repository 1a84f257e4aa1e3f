import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './target.js';

const CONNECTIONS_MAX = 64;
/** Between two bets, answered or not: the writer is no load, and what holds one up is felt by all that were due meanwhile. */
const EVERY_MS = 25;
/** Whoever waits longer has given up. */
const PATIENCE_MS = 30_000;

const PATH = '/v1/timelines/WRITER/markets/MARKET/bets';
const BODIES = ['YES', 'NO'].map((outcome) => JSON.stringify({ agentId: 'writer', outcome, amount: '1' }));

/** What became of single bets. */
export interface Writing {
  /** How long each took that was accepted, ms. */
  readonly latenciesMs: readonly number[];
  /** How many were not, by their status or error. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Places single bets on the writer's market at a fixed rate until it is told to stop; the last are waited for. */
export async function write(target: Target, stop: AbortSignal): Promise<Writing> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  const latenciesMs: number[] = [];
  const failures: Record<string, number> = {};
  const underWay: Promise<void>[] = [];
  const place = async (n: number): Promise<void> => {
    const dueMs = performance.now();
    const outcome = await bet(target, { agent, body: BODIES[n % BODIES.length] ?? '' });
    if (outcome === '200') latenciesMs.push(performance.now() - dueMs);
    else failures[outcome] = (failures[outcome] ?? 0) + 1;
  };
  for (let n = 0; !stop.aborted; n += 1) {
    underWay.push(place(n));
    await sleep(EVERY_MS);
  }
  await Promise.all(underWay);
  agent.destroy();
  return { latenciesMs, failures };
}

/** The status, or the error's code. */
function bet(
  { url, writer }: Target,
  { agent, body }: { readonly agent: Agent; readonly body: string },
): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...writer };
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const asked = request(url + PATH, { method: 'POST', agent, headers, signal }, (response) => {
      response.on('error', () => undefined).resume();
      response.once('close', () => {
        resolve(response.complete ? String(response.statusCode) : 'cut off');
      });
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.name === 'AbortError' || error.name === 'TimeoutError' ? 'no answer' : (error.code ?? error.name));
    });
    asked.end(body);
  });
}
