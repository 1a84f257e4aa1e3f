import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Client } from 'pg';
import { DatabaseTooNew, migrate, openPostgresLog, readMigrations } from '#event-log-postgres';
import { BUILD_LEVEL, migrations } from '#migrations';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { createTimeline } from './proposals.js';

const names = migrations.map((migration) => new migration().name);

describe('migrating', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await database.drop();
  });

  test('several processes that start at once apply each migration once', async () => {
    const results = await Promise.all([1, 2, 3].map(() => migrate(database.url)));
    assert.deepEqual(
      results.flatMap(({ applied }) => applied),
      names,
    );
  });

  test('a database that is up to date is left alone', async () => {
    assert.deepEqual((await migrate(database.url)).applied, names);
    assert.deepEqual((await migrate(database.url)).applied, []);
  });

  test('a database that a newer build migrated is refused, and says by what', async () => {
    await migrate(database.url);
    const owner = new Client(database.url);
    await owner.connect();
    await owner.query(`insert into migration (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);
    await owner.end();
    await assert.rejects(
      migrate(database.url),
      (error) => error instanceof DatabaseTooNew && error.message.includes('FromTheFuture9999999999999'),
    );
  });

  test('a database that a newer build migrated is served where that allows it, by the level of this build', async () => {
    await migrate(database.url);
    const owner = new Client(database.url);
    await owner.connect();
    await owner.query(`insert into migration (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);
    const allow = (level: number) =>
      owner.query(
        `insert into build_requirement values ('FromTheFuture9999999999999', $1)
        on conflict (migration) do update set least_level = excluded.least_level`,
        [level],
      );
    await allow(BUILD_LEVEL);
    assert.deepEqual(await migrate(database.url), { applied: [] });
    assert.equal((await readMigrations(database.url)).isServable, true);
    await allow(BUILD_LEVEL + 1);
    await assert.rejects(migrate(database.url), {
      name: 'DatabaseTooNew',
      message: new RegExp(`needs a build of level ${BUILD_LEVEL + 1} and this one has ${BUILD_LEVEL}`),
    });
    await owner.end();
  });

  test('each migration says which builds may serve that do not know it', async () => {
    await migrate(database.url);
    const owner = new Client(database.url);
    await owner.connect();
    const { rows } = await owner.query<{ migration: string; least_level: number }>('select * from build_requirement');
    await owner.end();
    const levels = new Map(rows.map((row) => [row.migration, row.least_level]));
    for (const [index, name] of names.entries()) {
      if (index < 5) continue;
      const level = levels.get(name) ?? 0;
      assert.ok(level >= 1 && level <= index + 1, `${name} allows ${level}`);
    }
  });

  test('a database whose encoding cannot store every text is refused, and says what to do', async () => {
    const owner = new Client(database.url);
    await owner.connect();
    const name = `${new URL(database.url).pathname.slice(1)}_latin`;
    await owner.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`);
    await assert.rejects(migrate(`${database.url}_latin`), {
      name: 'DatabaseUnfit',
      message: /has the encoding LATIN1.*create database NAME encoding 'UTF8' template template0/,
    });
    await owner.query(`drop database ${name} with (force)`);
    await owner.end();
  });

  test('a process killed in the middle leaves nothing half done', async () => {
    const script = fileURLToPath(new URL('./migrate-from-process.js', import.meta.url));
    let killed = 0;
    for (const afterMs of [300, 400, 450, 500, 550, 600, 700]) {
      const child = spawn(process.execPath, [script, database.url], { stdio: 'ignore' });
      const exited = once(child, 'exit');
      await Promise.race([sleep(afterMs), exited]);
      if (child.exitCode === null) killed += 1;
      child.kill('SIGKILL');
      await exited;
    }
    assert.ok(killed > 0, 'no process was killed in time, so this proved nothing');
    await migrate(database.url);
    const log = await openPostgresLog({
      url: database.url,
      poolMax: 1,
      applicationName: 'test',
      appendTimeoutMs: 5_000,
    });
    await createTimeline(log);
    await log.close();
  });
});

describe('migration files', () => {
  test('say in their first line whether running writers may stay', async () => {
    const folder = join(import.meta.dirname, '../../migrations');
    const files = (await readdir(folder)).filter((name) => /^\d{4}-.*\.(sql|ts)$/.test(name));
    assert.equal(files.filter((name) => name.endsWith('.sql')).length, migrations.length);
    for (const file of files) {
      const [firstLine] = (await readFile(join(folder, file), 'utf8')).split('\n');
      assert.match(firstLine ?? '', /^(--|\/\/) Running writers (may stay|must stop)/, file);
    }
  });
});
