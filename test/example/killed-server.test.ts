import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { drawsOf } from '../../examples/seattle-weather/random.js';
import { run, type Run } from '../../examples/seattle-weather/run.js';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { InProcessServer } from './in-process-server.js';
import { startServer, stopServers, type RunningServer, type ServerOptions } from '../server.js';

/** A shortened calendar. All of it, with twenty kills: `npm run example:torture`. */
const DAYS = Number(process.env['EXAMPLE_DAYS'] ?? 21);
const KILLS = Number(process.env['EXAMPLE_KILLS'] ?? 5);
const SEED = Number(process.env['EXAMPLE_SEED'] ?? 1 + (Date.now() % 1_000_000));

/** Timeline, registration, a label each 1 January, and for each day a report and four rounds of bets, but the last day's. */
const REQUESTS = 2 + Math.ceil(DAYS / 366) + 5 * DAYS - 4;
/** Every other kill comes before the reply can be there, the rest anywhere between the socket and some time after it. */
const KILL_WITHIN_MS = [1, 15];

const TIMEOUT_MS = 60_000 + DAYS * 1_000 + KILLS * 20_000;

const quiet = { isTTY: false, write: () => {} };

const drive = (url: string, timeline: string, fetch: typeof globalThis.fetch = globalThis.fetch): Promise<Run> =>
  run(
    { server: url, timeline, seed: SEED, days: DAYS, changes: [], fork: null },
    { output: quiet, screen: quiet, color: false, fetch },
  );

/** What the economy alone comes to, without HTTP, database or processes. */
async function hashInProcess(): Promise<string> {
  const server = new InProcessServer();
  await drive('http://seed', 'IN-PROCESS', server.fetch);
  return server.stateHash;
}

async function startReady(options: ServerOptions): Promise<RunningServer> {
  const server = await startServer(options);
  await server.ready();
  return server;
}

const comparable = ({ audit, result, accuracy }: Run): object => ({
  stateHash: audit.stateHash,
  version: audit.version,
  moneySupply: audit.moneySupply,
  yieldDistributed: audit.yieldDistributed,
  differences: audit.differences,
  bets: result.bets,
  accuracy,
});

describe.each([1, 2])(`with ${KILLS} kills in ${DAYS} days, seed ${SEED}, %i worker(s)`, (workers) => {
  let database: TestDatabase;
  let server: RunningServer;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startReady({ databaseUrl: database.url, workers });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stopServers();
    await database?.drop();
  }, TIMEOUT_MS);

  test(
    'a server that is killed and started again comes to the same state as one that never was',
    async () => {
      const undisturbed = await drive(server.url, 'UNDISTURBED');
      const port = Number(new URL(server.url).port);
      const killer = new Killer(server, () => startReady({ databaseUrl: database.url, workers, port }));
      const killed = await drive(server.url, 'KILLED', killer.fetch);
      await killer.settled();
      expect(comparable(killed)).toEqual(comparable(undisturbed));
      expect(undisturbed.audit.differences).toEqual([]);
      expect(undisturbed.audit.stateHash).toBe(await hashInProcess());
      expect(killer.kills).toBe(KILLS);
      expect(killer.requestsUnanswered).toBeGreaterThanOrEqual(KILLS);
      const again = await drive(server.url, 'KILLED');
      expect(comparable(again)).toEqual(comparable(undisturbed));
    },
    TIMEOUT_MS,
  );
});

/** Kills the server at moments drawn from the seed, each some milliseconds after a request was sent, and starts it again. */
class Killer {
  kills = 0;
  /** Requests that met a dying or a dead server: each kill must have been felt, or the run proves nothing. */
  requestsUnanswered = 0;
  #answered = 0;
  readonly #draw = drawsOf({ seed: SEED, bot: 0, day: DAYS });
  readonly #moments = this.#drawMoments();
  #underWay: Promise<void> = Promise.resolve();

  constructor(
    private server: RunningServer,
    private readonly restart: () => Promise<RunningServer>,
  ) {}

  readonly fetch: typeof globalThis.fetch = async (...request) => {
    const dying = this.#moments.delete(this.#answered);
    if (dying) this.#underWay = this.#underWay.then(() => this.#killSoon());
    try {
      const response = await globalThis.fetch(...request);
      this.#answered += 1;
      return response;
    } catch (error) {
      this.requestsUnanswered += 1;
      throw error;
    }
  };

  /** Until the last kill has been recovered from; rejects if a life could not begin. */
  settled(): Promise<void> {
    return this.#underWay;
  }

  async #killSoon(): Promise<void> {
    const delayMs = this.#draw() * (KILL_WITHIN_MS[this.kills % 2] ?? 0);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    this.server.kill('SIGKILL');
    await this.server.exited;
    this.kills += 1;
    this.server = await this.restart();
  }

  /** Distinct counts of answered requests. */
  #drawMoments(): Set<number> {
    const moments = new Set<number>();
    while (moments.size < KILLS) moments.add(1 + Math.floor(this.#draw() * (REQUESTS - 2)));
    return moments;
  }
}
