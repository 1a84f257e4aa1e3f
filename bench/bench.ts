import pg from 'pg';
import { startThrowawayPostgres, type EmbeddedPostgres } from '#embedded-postgres';
import type { Scale } from './scale.js';

/**
 * What measurements stand on: one PostgreSQL for the run, durable, and databases in it. What a measurement opens it hands
 * to `atEnd`, and `tidyUp` closes it in reverse order after the measurement.
 */
export class Bench {
  readonly scale: Scale;
  readonly #postgres: EmbeddedPostgres;
  readonly #endings: (() => Promise<unknown>)[] = [];
  #databases = 0;

  private constructor(scale: Scale, postgres: EmbeddedPostgres) {
    this.scale = scale;
    this.#postgres = postgres;
  }

  static async open(scale: Scale): Promise<Bench> {
    return new Bench(scale, await startThrowawayPostgres({ fsync: true }));
  }

  async close(): Promise<void> {
    await this.#postgres.stop();
  }

  /** An empty database, dropped after the measurement. */
  async newDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `bench_${this.#databases}`;
    await this.#onServer(`create database ${name}`);
    this.atEnd(() => this.#onServer(`drop database ${name} with (force)`));
    const url = new URL(this.#postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  async tidyUp(): Promise<void> {
    for (let ending = this.#endings.pop(); ending !== undefined; ending = this.#endings.pop()) await ending();
  }

  /** Writes out what earlier work left dirty, so that the server does not do it in the middle of a measurement. */
  async settle(): Promise<void> {
    await this.#onServer('checkpoint');
  }

  async serverVersion(): Promise<string> {
    const { rows } = await this.#onServer<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? '';
  }

  async #onServer<Row extends pg.QueryResultRow>(statement: string): Promise<pg.QueryResult<Row>> {
    const client = await connect(this.#postgres.url);
    try {
      return await client.query<Row>(statement);
    } finally {
      await client.end();
    }
  }
}

/** One connection; whoever asks for it ends it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
