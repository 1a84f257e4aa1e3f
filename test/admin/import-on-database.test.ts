import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { checkEconomy, Y } from '#domain';
import { createTestDatabase, type TestDatabase } from '../postgres.js';
import { fingerprint, openTestProcess, run, type TestProcess } from '../runtime/harness.js';
import { edit, LAST_PAYOUT_MS, legacyFolder, removeLegacyFolders, seed, type Ran } from './seed-line.js';

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());
afterAll(removeLegacyFolders);

const importInto = (timeline: string, folder: string, ...more: readonly string[]): Promise<Ran> =>
  seed(['import-legacy', folder, '--timeline', timeline, ...more], { DATABASE_URL: database.url });

async function withRuntime<T>(work: (process: TestProcess) => Promise<T>): Promise<T> {
  const process = await openTestProcess(database.url, { tickMs: 3_600_000 });
  return work(process).finally(() => process.stop());
}

/** Nothing was done to the database at all, not even a migration. */
async function isUntouched(): Promise<boolean> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query("select to_regclass('event') is null as untouched");
    return rows[0]?.untouched === true;
  } finally {
    await client.end();
  }
}

describe('the directory of the replaced system', () => {
  test('becomes a timeline, and the answer sums it up', async () => {
    const folder = await legacyFolder();
    const { exitCode, out, err } = await importInto('OLD', folder);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toContain(`${folder} was imported into the new timeline OLD, through `);
    expect(out).toMatch(/agents +29\n/);
    expect(out).toMatch(/markets open +24\n/);
    expect(out).toMatch(/markets closed +16\n/);
    expect(out).toMatch(/staked +97336\.78, by 28\n/);
    expect(out).toContain('Not read: backups/');
    expect(out).not.toContain(new URL(database.url).password || 'no password');
  });

  test('is all there, and the economy holds', async () => {
    const { json } = await importInto('OLD', await legacyFolder(), '--json');
    await withRuntime(({ runtime }) =>
      runtime.read('OLD', {}, ({ state, version }) => {
        expect(checkEconomy(state)).toEqual([]);
        expect({ version, agents: state.agents.size, markets: state.markets.size }).toEqual({
          version: json.version,
          agents: json.agents,
          markets: json.marketsOpen + json.marketsClosed,
        });
        expect(state.documents.sortedIds()).toEqual([
          'legacy.economy_state.json',
          'legacy.markets.json',
          'legacy.orchestrator_stats.json',
          'legacy.world_state.json',
        ]);
        expect(state.stats).toMatchObject({ eventsProcessed: 40, marketsCreated: 40, marketsAutoCreated: 11 });
      }),
    );
    expect(json).toMatchObject({ timeline: 'OLD', already: false, stakers: 28, totalStaked: '97336.78' });
  });

  test('is imported once, however often it is asked for', async () => {
    const folder = await legacyFolder();
    const first = await importInto('OLD', folder, '--json');
    const before = await withRuntime((process) => fingerprint(process, 'OLD'));
    const [second, third] = [await importInto('OLD', folder, '--json'), await importInto('OLD', folder)];
    expect(second.exitCode).toBe(0);
    expect(second.json).toEqual({ ...first.json, already: true });
    expect(third.out).toContain('was imported into the timeline OLD already: nothing was changed.');
    expect(await withRuntime((process) => fingerprint(process, 'OLD'))).toEqual(before);
  });

  test('asked for several times at once is imported once', async () => {
    const folder = await legacyFolder();
    const answers = await Promise.all([1, 2, 3].map(() => importInto('OLD', folder, '--json')));
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(answers.filter(({ json }) => json.already === false)).toHaveLength(1);
  });

  test('never goes into a timeline that exists', async () => {
    const folder = await legacyFolder();
    await importInto('OLD', folder);
    const before = await withRuntime((process) => fingerprint(process, 'OLD'));
    await edit(join(folder, 'world_state.json'), (world) => world.replace('0.35', '0.36'));
    const otherContent = await importInto('OLD', folder, '--json');
    expect(otherContent).toMatchObject({ exitCode: 1, json: { error: { code: 'timeline-name-taken' } } });
    expect(otherContent.err).toContain('The timeline OLD exists already');
    expect(await importInto('OLD', folder, '--clock', 'virtual')).toMatchObject({ exitCode: 1 });
    expect(await importInto('REALITY', folder)).toMatchObject({ exitCode: 1 });
    expect(await withRuntime((process) => fingerprint(process, 'OLD'))).toEqual(before);
    expect(await importInto('OTHER', folder)).toMatchObject({ exitCode: 0 });
  });

  test('has its naive times at the offset that was told', async () => {
    const folder = await legacyFolder();
    const createdAt = (timeline: string) =>
      withRuntime(({ runtime }) =>
        runtime.read(timeline, {}, ({ state }) => state.markets.get('MKT_000000000001_micro')?.terms.createdAtMs ?? 0),
      );
    await importInto('UTC', folder);
    await importInto('EAST', folder, '--utc-offset', '+05:30');
    await importInto('WEST', folder, '--utc-offset', '-08:00');
    const utc = await createdAt('UTC');
    expect(await createdAt('EAST')).toBe(utc - 5.5 * 3_600_000);
    expect(await createdAt('WEST')).toBe(utc + 8 * 3_600_000);
  });
});

describe('yield', () => {
  /** Σ stake × rate × time, and no time twice or never. */
  const accrued = (throughMs: number): bigint => (97_336_780_000n * 50_000n * BigInt(throughMs - LAST_PAYOUT_MS)) / Y;

  const distributions = async ({ runtime }: TestProcess) => {
    const { events } = await runtime.readEvents('OLD', { afterVersion: 0, limit: 1_000, types: ['YieldDistributed'] });
    return events.map(({ data }) => JSON.parse(data) as { readonly throughMs: number; readonly total: string });
  };

  test('continues from the last payout once, on a virtual clock', async () => {
    await importInto('OLD', await legacyFolder(), '--clock', 'virtual');
    await withRuntime(async (process) => {
      for (const byMs of [1, DAY_MS, 12_345]) {
        await run(process, 'OLD', { type: 'AdvanceClock', byMs });
        await run(process, 'OLD', { type: 'DistributeYield' });
      }
      const paid = await distributions(process);
      const nowMs = await process.runtime.read('OLD', {}, (live) => live.nowMs);
      expect(paid.length).toBe(3);
      expect(paid.at(-1)?.throughMs).toBe(nowMs);
      expect(paid.reduce((sum, { total }) => sum + BigInt(total), 0n)).toBe(accrued(nowMs));
      expect(BigInt(paid[0]?.total ?? 0)).toBe(accrued(paid[0]?.throughMs ?? 0));
    });
  });

  test('continues from the last payout once, by the ticks of a wall clock, whoever starts again and retries', async () => {
    const folder = await legacyFolder();
    await importInto('OLD', folder);
    const tick = (process: TestProcess) => run(process, 'OLD', { type: 'PayScheduledYield' });
    await withRuntime(tick);
    await importInto('OLD', folder);
    await withRuntime(tick);
    await withRuntime(async (process) => {
      await run(process, 'OLD', { type: 'DistributeYield' });
      const paid = await distributions(process);
      expect(paid.length).toBeGreaterThan(0);
      expect(paid.reduce((sum, { total }) => sum + BigInt(total), 0n)).toBe(accrued(paid.at(-1)?.throughMs ?? 0));
    });
  });
});

describe('nothing is imported, and the database is not touched,', () => {
  test.each<[string, string, string | RegExp]>([
    ['a-list', 'markets.json', 'holds no object'],
    ['agent-without-id', 'economy_state.json', 'stakes.Agent Red: is no agent id'],
    ['empty', 'world_state.json', 'is not whole JSON'],
    ['half-a-character', 'world_state.json', 'recent_reasoning has half of a surrogate pair'],
    ['market-twice', 'markets.json', 'M1 stands there twice'],
    ['market-under-another-key', 'markets.json', 'M1.id: "M2" stands under the key "M1"'],
    ['market-without-id', 'markets.json', 'M 1.id: "M 1" is no market id'],
    ['missing-last-payout', 'economy_state.json', 'last_payout: is missing'],
    ['negative-stake', 'economy_state.json', 'stakes.Agent_Red: is out of range'],
    ['no-such-day', 'markets.json', 'M1.expires_at: "2020-02-30T00:00:00" is no date'],
    ['not-finite', 'world_state.json', 'is not whole JSON'],
    ['not-utf8', 'world_state.json', 'is not UTF-8'],
    ['proto', 'world_state.json', '__proto__ is no name that a field may have'],
    ['python-repr', 'economy_state.json', 'is not whole JSON'],
    ['stake-twice', 'economy_state.json', 'data.stakes.Agent_Red stands there twice'],
    ['truncated', 'markets.json', 'is not whole JSON'],
    ['wrapper-without-data', 'orchestrator_stats.json', 'has a _meta wrapper without data'],
    ['wrong-types', 'economy_state.json', 'last_payout: is no number'],
    ['zeros', 'markets.json', 'is not whole JSON'],
  ])('with %s', async (broken, file, detail) => {
    const folder = await legacyFolder({ broken });
    const { exitCode, out, err } = await importInto('OLD', folder);
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain(`Nothing was imported, because of what is in ${folder}:`);
    expect(err).toContain(`  ${file}: ${detail}`);
    expect(await isUntouched()).toBe(true);
  });

  test('with several broken files, of which each is named', async () => {
    const folder = await legacyFolder({ broken: 'zeros' });
    await writeFile(join(folder, 'world_state.json'), '{"global_tension": 2');
    const { exitCode, json } = await importInto('OLD', folder, '--json');
    expect(exitCode).toBe(1);
    expect(json.error).toMatchObject({ code: 'import-invalid' });
    expect(json.error.problems.map(({ file }: { readonly file: string }) => file)).toEqual([
      'markets.json',
      'world_state.json',
    ]);
  });

  test('with markets.json cut off anywhere', async () => {
    const folder = await legacyFolder();
    const path = join(folder, 'markets.json');
    const whole = (await readFile(path, 'utf8')).trimEnd();
    for (let length = 1; length < whole.length; length += 2_003) {
      await writeFile(path, whole.slice(0, length));
      const { exitCode, err } = await importInto('OLD', folder);
      expect([exitCode, err]).toEqual([1, expect.stringContaining('  markets.json: is not whole JSON')]);
    }
    expect(await isUntouched()).toBe(true);
  });

  test('with a file too deep', async () => {
    const folder = await legacyFolder();
    await writeFile(join(folder, 'plan.json'), '['.repeat(100_000) + ']'.repeat(100_000));
    expect((await importInto('OLD', folder)).err).toContain('  plan.json: is deeper than 64');
  });

  test('with a file whose name is no name', async () => {
    const folder = await legacyFolder();
    await writeFile(join(folder, 'my plan.json'), '{}');
    expect((await importInto('OLD', folder)).err).toContain('  my plan.json: its name is no document name');
  });

  test('with a file that cannot be read', async () => {
    const folder = await legacyFolder();
    await rm(join(folder, 'markets.json'));
    await symlink('nowhere', join(folder, 'markets.json'));
    expect((await importInto('OLD', folder)).err).toContain('  markets.json: cannot be read: there is nothing');
    expect(await isUntouched()).toBe(true);
  });

  test('where there is nothing to import', async () => {
    const folder = await legacyFolder();
    const missing = await importInto('OLD', join(folder, 'nowhere'));
    expect([missing.exitCode, missing.err]).toEqual([1, expect.stringContaining('nowhere cannot be read')]);
    expect((await importInto('OLD', join(folder, 'markets.json'))).err).toContain('it is a file, not a folder');
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect((await importInto('OLD', empty)).err).toContain('it holds no .json file');
    await writeFile(join(empty, 'plan.json'), '{"monday": "rest"}');
    const { exitCode, json } = await importInto('OLD', empty, '--json');
    expect([exitCode, json.error.code]).toEqual([1, 'nothing-to-import']);
    expect(await isUntouched()).toBe(true);
  });
});

test('a last payout that is still to come is refused', async () => {
  const folder = await legacyFolder();
  await edit(join(folder, 'economy_state.json'), (economy) => economy.replace('1600000000.', '99999999999.'));
  const { exitCode, json } = await importInto('OLD', folder, '--json');
  expect([exitCode, json.error.code]).toEqual([1, 'import-invalid']);
  expect(await withRuntime(({ runtime }) => runtime.listTimelines({ afterName: null, limit: 10 }))).toEqual([]);
});
