import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Command, DocumentName } from '#domain';
import { NotStorable, type EventLog } from '#event-log';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import {
  available,
  bend,
  createVirtual,
  deposit,
  openTestProcess,
  register,
  requestKey,
  run,
  units,
  type TestProcess,
} from './harness.js';

let database: TestDatabase;
let process: TestProcess;
let appends = 0;
let timelines = 0;
let t: string;

/** Refuses as a database does whose encoding lacks a character: one of an encoding like that is not served at all. */
const lacksACharacter = `
  create function lacks_a_character() returns trigger language plpgsql as $$
  begin
    if new.data::text like '%\u{1f600}%' then
      raise exception 'character has no equivalent in encoding "LATIN1"' using errcode = 'untranslatable_character';
    end if;
    return new;
  end
  $$;
  create trigger event_lacks_a_character before insert on event for each row execute function lacks_a_character()`;

beforeAll(async () => {
  database = await createTestDatabase();
  const count = (log: EventLog): EventLog =>
    bend(log, {
      append: (request) => {
        appends += 1;
        return log.append(request);
      },
    });
  process = await openTestProcess(database.url, {}, count);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(lacksACharacter);
  await client.end();
});

beforeEach(async () => {
  timelines += 1;
  t = `N${timelines}`;
  await createVirtual(process, t);
  await run(process, t, register('ann', 1_000));
});

afterAll(async () => {
  await process.stop();
  await database.drop();
});

const bad: Command = {
  type: 'SaveDocument',
  name: 'bad' as DocumentName,
  text: '"smile \u{1f600}"',
};
const refusedAsBad = { status: 'refused', refusal: { code: 'not-storable' } };

test('what the database cannot store is refused alone: its neighbours in the group are appended, in few tries', async () => {
  const commands = Array.from({ length: 200 }, (_, i) => (i === 137 ? bad : deposit('ann', 1)));
  appends = 0;
  const outcomes = await Promise.all(commands.map((command) => run(process, t, command)));
  expect(outcomes[137]).toMatchObject(refusedAsBad);
  expect(outcomes.filter(({ status }) => status === 'accepted')).toHaveLength(199);
  expect(await available(process, t, 'ann')).toBe(units(1_199));
  expect(appends).toBeLessThan(40);
  appends = 0;
  await Promise.all(commands.slice(0, 100).map((command) => run(process, t, command)));
  expect(appends).toBeLessThan(5);
});

test('an entry of a batch is refused alone, and its key brings the same again', async () => {
  const commands = [deposit('ann', 1), bad, deposit('ann', 2), bad, deposit('ann', 4)];
  const batch = {
    entries: commands.map((command) => ({ command, key: null })),
    actor: 'test',
    key: requestKey('batch'),
    expectedVersion: null,
    atomic: false,
  };
  const statuses = ['accepted', 'refused', 'accepted', 'refused', 'accepted'];
  for (let i = 0; i < 2; i += 1) {
    const outcome = await process.runtime.executeBatch(t, batch);
    expect(outcome.status === 'done' && outcome.outcomes.map(({ status }) => status)).toEqual(statuses);
  }
  expect(await available(process, t, 'ann')).toBe(units(1_007));
});

test('an atomic batch has no effect where one entry cannot be stored, and its neighbours have theirs', async () => {
  const commands = [deposit('ann', 1), bad];
  const batch = { actor: 'test', key: null, expectedVersion: null, atomic: true };
  const [atomic, single] = await Promise.allSettled([
    process.runtime.executeBatch(t, { ...batch, entries: commands.map((command) => ({ command, key: null })) }),
    run(process, t, deposit('ann', 8)),
  ]);
  expect(atomic.status === 'rejected' && (atomic.reason as unknown)).toBeInstanceOf(NotStorable);
  expect(single).toMatchObject({ status: 'fulfilled', value: { status: 'accepted' } });
  expect(await available(process, t, 'ann')).toBe(units(1_008));
});

test('a first commit that cannot be stored makes no timeline, and says why', async () => {
  const commands: Command[] = [{ type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 }, register('bob', 1), bad];
  const creation = process.runtime.createTimeline({ name: `${t}-B`, commands, actor: 'test', key: null });
  await expect(creation).rejects.toThrow(NotStorable);
  expect(await process.log.findTimeline(`${t}-B`)).toBeUndefined();
});
