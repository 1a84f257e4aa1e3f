import { Client } from 'pg';
import type { EventLog, TimelineRecord } from '#event-log';
import { openTestProcess, createVirtual, type TestProcess } from '../runtime/harness.js';
import { dice } from '../dice.js';
import { play } from '../runtime/history.js';
import { createTestDatabase } from '../postgres.js';

/** A row of `event`, by its columns. */
export interface EventRow {
  readonly timeline_id: number;
  readonly version: number;
}

/** A row of `commit`, by its columns. */
export interface CommitRow {
  readonly timeline_id: number;
  readonly first_version: number;
  readonly last_version: number;
}

/** A timeline of the scene, and the rows that are its own. */
export interface Actor {
  readonly name: string;
  readonly record: TimelineRecord;
  /** The fork version, 0 of the root. */
  readonly after: number;
  readonly head: number;
  readonly events: readonly EventRow[];
  readonly commits: readonly CommitRow[];
}

/** A root with group commits of many sizes, a fork within one of them, and a fork of the fork; and their owner's hand. */
export interface Scene {
  readonly process: TestProcess;
  readonly log: EventLog;
  readonly actors: readonly Actor[];
  /** Carries out statements as the owner does who switches the triggers off first. */
  edit(...statements: readonly string[]): Promise<void>;
  /** Puts `event`, `commit` and `timeline` back as they were. */
  undo(): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(seed: number): Promise<Scene> {
  const database = await createTestDatabase();
  const process = await openTestProcess(database.url);
  const owner = new Client(database.url);
  await owner.connect();
  await owner.query('set session_replication_role = replica');
  const edit = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await owner.query(statement);
  };
  const roll = dice(seed);
  await createVirtual(process, 'ROOT');
  await play(process, 'ROOT', { roll, batches: 14 });
  await forkWithin(process, owner, { parent: 'ROOT', name: 'FORK' });
  await play(process, 'ROOT', { roll, batches: 4 });
  await play(process, 'FORK', { roll, batches: 10 });
  await forkWithin(process, owner, { parent: 'FORK', name: 'GRAND' });
  await play(process, 'FORK', { roll, batches: 3 });
  await play(process, 'GRAND', { roll, batches: 6 });
  const kept = ['event', 'commit', 'timeline'];
  await edit(...kept.map((table) => `create table ${table}_kept as table ${table}`));
  const actors: Actor[] = [];
  for (const name of ['ROOT', 'FORK', 'GRAND']) actors.push(await readActor(process.log, owner, name));
  return {
    process,
    log: process.log,
    actors,
    edit,
    undo: () =>
      edit(
        'begin',
        ...['event', 'commit'].flatMap((table) => [`delete from ${table}`, `insert into ${table} table ${table}_kept`]),
        `update timeline set head_version = kept.head_version, head_hash = kept.head_hash,
           genesis_hash = kept.genesis_hash, fork_version = kept.fork_version
         from timeline_kept as kept where kept.timeline_id = timeline.timeline_id`,
        'commit',
      ),
    close: async () => {
      await owner.end();
      await process.stop();
      await database.drop();
    },
  };
}

/** Forks where a command ends and its commit goes on, in the last commit of the parent's that has such a place. */
async function forkWithin(
  { runtime, log }: TestProcess,
  owner: Client,
  { parent, name }: { readonly parent: string; readonly name: string },
): Promise<void> {
  const record = await log.findTimeline(parent);
  const { rows } = await owner.query<{ version: number }>(
    `select event.version::integer
     from event
     join event as next on next.timeline_id = event.timeline_id and next.version = event.version + 1
     join commit on commit.timeline_id = event.timeline_id
       and event.version between first_version and last_version - 1
     where event.timeline_id = $1 and event.command_id <> next.command_id
     order by event.version desc
     limit 1`,
    [record?.timelineId],
  );
  const at = rows[0]?.version;
  if (at === undefined) throw new Error(`no commit of ${parent} holds several commands`);
  const { status } = await runtime.forkTimeline({ parent, name, at, terms: {}, actor: 'test', key: null });
  if (status !== 'accepted') throw new Error(`${name} was not forked: ${status}`);
}

async function readActor(log: EventLog, owner: Client, name: string): Promise<Actor> {
  const record = await log.findTimeline(name);
  if (record === undefined) throw new Error(`no timeline ${name}`);
  const events = await owner.query<EventRow>(
    'select timeline_id, version::integer from event where timeline_id = $1 order by version',
    [record.timelineId],
  );
  const commits = await owner.query<CommitRow>(
    `select timeline_id, first_version::integer, last_version::integer
     from commit where timeline_id = $1 order by last_version`,
    [record.timelineId],
  );
  const after = record.parent?.forkVersion ?? 0;
  return { name, record, after, head: record.head.version, events: events.rows, commits: commits.rows };
}
