import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#embedded-postgres';
import type { Dice } from '../dice.js';
import { openSmallDisk, type SmallDisk } from '../faults/small-disk.js';
import { Client as PostgresClient } from 'pg';
import { Connection } from './connection.js';
import { Member } from './fleet.js';

const SERVERS = 3;

/** More than an hour's log; what is not used is not taken. */
const DISK_MEGABYTES = 12_288;

/** What the servers are told besides where they are: snapshots often, so that they are met. */
const SERVER_ENV = {
  SNAPSHOT_INTERVAL_SECONDS: '3',
  SNAPSHOT_EVERY_EVENTS: '400',
  COMMAND_DEADLINE_MS: '5000',
  DATABASE_POOL_MAX: '5',
} as const;

type Postgres = Pick<EmbeddedPostgres, 'url' | 'dataDirectory' | 'pid' | 'stop'>;

/** The real things that are tortured: one PostgreSQL, three server processes on it, each behind a network of its own. */
export interface Arena {
  readonly roll: Dice;
  readonly postgres: Postgres;
  /** What PostgreSQL keeps its data on, where it may enter the folder for temporary files. */
  readonly disk: SmallDisk;
  /** The folder of the first PostgreSQL. */
  readonly home: string;
  readonly databaseUrl: string;
  /** The first is never killed: what it holds is watched over the whole run. */
  readonly members: readonly Member[];
  /** The timelines of this round that clients work on. */
  readonly timelines: readonly string[];
  /** For what faults themselves ask of the servers. */
  readonly connection: Connection;
  /** Another server of PostgreSQL has taken the place of the one before, which is gone. */
  readonly moveTo: (postgres: Postgres) => void;
  /** The folder of the built project whose servers are tortured. */
  readonly project: string;
  /** Puts what is worth knowing into the report. */
  readonly note: (what: string) => void;
}

export async function openArena({
  roll,
  project,
  note,
}: {
  readonly roll: Dice;
  readonly project: string;
  readonly note: (what: string) => void;
}): Promise<Arena & { timelines: string[] }> {
  const disk = await openSmallDisk(DISK_MEGABYTES);
  const postgres = await startEmbeddedPostgres({ dataDir: disk.folder, log: () => undefined });
  const databaseUrl = urlIn(postgres);
  await onDatabase(postgres.url, 'create database torture');
  const members: Member[] = [];
  for (let i = 0; i < SERVERS; i += 1) members.push(await Member.open(databaseUrl, { env: SERVER_ENV, project }));
  const arena = {
    roll,
    postgres: postgres as Postgres,
    disk,
    home: dirname(postgres.dataDirectory),
    databaseUrl,
    members,
    timelines: [],
    connection: new Connection(),
    moveTo: (other: Postgres) => {
      [arena.postgres, arena.databaseUrl] = [other, urlIn(other)];
    },
    project,
    note,
  };
  return arena;
}

function urlIn({ url }: Postgres): string {
  const database = new URL(url);
  database.pathname = '/torture';
  return database.href;
}

export async function closeArena({ members, postgres, disk, home, connection }: Arena): Promise<void> {
  connection.close();
  await Promise.all(members.map((member) => member.stop()));
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
  await disk.remove();
}

/** All processes are ready and the network is whole. */
export async function calm({ members }: Arena): Promise<void> {
  for (const { proxy } of members) {
    proxy.ambush(null);
    proxy.delay(0);
    proxy.blackHole(false);
  }
  await Promise.all(members.map((member) => member.ready()));
}

/** Runs statements as the database's owner, also while the database is read-only for others. */
export async function onDatabase<Row>(url: string, statement: string): Promise<readonly Row[]> {
  const options = '-c default_transaction_read_only=off';
  const client = new PostgresClient({ connectionString: url, connectionTimeoutMillis: 5_000, options });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(statement);
    return rows as Row[];
  } finally {
    await client.end();
  }
}
