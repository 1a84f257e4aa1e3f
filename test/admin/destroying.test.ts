import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stopServers, until } from '../server.js';
import { NOBODY, openLaboratory, playLab, type Laboratory } from './laboratory.js';
import { seed, seedProcess } from './seed-line.js';

let lab: Laboratory;

beforeAll(async () => {
  lab = await openLaboratory();
  await playLab(lab);
});

afterAll(async () => {
  await stopServers();
  await lab.database.drop();
});

const names = async (): Promise<readonly string[]> =>
  (await lab.on('forks', 'LAB', '--json')).json.items.map(({ name }: { name: string }) => name);

const fork = (parent: string, name: string) => lab.on('fork', parent, name);
/** Waits until these are old enough. */
const wouldGo = (...wanted: readonly string[]): Promise<void> =>
  until(async () => {
    const { json } = await lab.on('forks', 'prune', '--older-than', '1s', '--dry-run', '--json');
    return json.removed.join() === wanted.join();
  });

const complete = (name: string) => lab.on('forks', 'complete', name);

describe('without a terminal', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['nothing is removed unconfirmed', ['forks', 'remove', 'LAB'], /Give --confirm LAB\. \(confirmation-missing\)/],
    ['another name confirms nothing', ['forks', 'remove', 'LAB', '--confirm', 'lab'], /\(confirmation-wrong\)/],
    ['nothing is pruned unconfirmed', ['forks', 'prune', '--older-than', '1s'], /Give --confirm prune\. /],
    [
      'another word confirms nothing',
      ['forks', 'prune', '--older-than', '1s', '--confirm', 'yes'],
      /takes --confirm prune/,
    ],
  ])('%s, and nobody is asked', async (_what, words, sentence) => {
    const { exitCode, out, err } = await seed(words, { DATABASE_URL: NOBODY });
    expect([exitCode, out, err]).toEqual([2, '', expect.stringMatching(sentence)]);
    const asJson = await seedProcess([...words, '--json'], { DATABASE_URL: NOBODY });
    expect([asJson.exitCode, asJson.json.error.code]).toEqual([2, expect.stringMatching(/^confirmation-/)]);
  });
});

describe('on a terminal', () => {
  const typing = (answer: string, ...words: readonly string[]) => {
    const asked: string[] = [];
    const ask = (question: string): Promise<string> => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    return seed(words, { DATABASE_URL: lab.database.url }, { ask }).then((ran) => ({ ...ran, asked }));
  };

  test('the name has to be typed', async () => {
    await fork('LAB', 'TYPED');
    const wrong = await typing('typed', 'forks', 'remove', 'TYPED');
    expect(wrong).toMatchObject({
      exitCode: 2,
      out: '',
      asked: ['TYPED will be gone for good. Type TYPED to go on: '],
    });
    expect(await names()).toContain('TYPED');
    const right = await typing(' TYPED\n', 'forks', 'remove', 'TYPED');
    expect(right).toMatchObject({ exitCode: 0, out: 'TYPED was removed.\n' });
    expect(await names()).not.toContain('TYPED');
  });

  test('nothing is asked of whoever gave it on the line', async () => {
    await fork('LAB', 'GIVEN');
    const { exitCode, asked } = await typing('no', 'forks', 'remove', 'GIVEN', '--confirm', 'GIVEN');
    expect([exitCode, asked]).toEqual([0, []]);
  });

  test('what would be pruned is named before the word is asked for', async () => {
    await fork('LAB', 'SHOWN');
    await complete('SHOWN');
    await wouldGo('SHOWN');
    const refused = await typing('SHOWN', 'forks', 'prune', '--older-than', '1s');
    expect(refused.exitCode).toBe(2);
    expect(refused.asked).toEqual(['These will be gone for good: SHOWN. Type prune to go on: ']);
    expect(await typing('prune', 'forks', 'prune', '--older-than', '1s')).toMatchObject({ exitCode: 0 });
    expect(await names()).not.toContain('SHOWN');
  });
});

describe('forks prune', () => {
  test.each(['through', 'on'] as const)('%s: removes what it names, deepest first, and keeps the rest', async (way) => {
    const go = lab[way];
    const [one, two, stays, held] = ['one', 'two', 'stays', 'held'].map((name) => `${way}-${name}`) as [
      string,
      string,
      string,
      string,
    ];
    await fork('LAB', one);
    await fork(one, two);
    await fork('LAB', held);
    await fork(held, stays);
    for (const name of [one, two, held]) await complete(name);
    await wouldGo(two, one);

    const none = await go('forks', 'prune', '--older-than', '1d', '--confirm', 'prune', '--json');
    expect([none.exitCode, none.json]).toEqual([0, { dryRun: false, removed: [], kept: [] }]);
    const dry = await go('forks', 'prune', '--older-than', '1s', '--dry-run', '--json');
    expect([dry.exitCode, dry.json]).toEqual([0, { dryRun: true, removed: [two, one], kept: [] }]);
    expect(await names()).toEqual(expect.arrayContaining([one, two, stays, held]));

    const pruned = await go('forks', 'prune', '--older-than', '1s', '--confirm', 'prune', '--json');
    expect([pruned.exitCode, pruned.json]).toEqual([0, { dryRun: false, removed: [two, one], kept: [] }]);
    expect(pruned.err).toBe(`Removed ${two}.\nRemoved ${one}.\n`);
    const left = await names();
    expect(left).toEqual(expect.arrayContaining(['LAB', stays, held]));
    expect(left).not.toEqual(expect.arrayContaining([one]));
    expect(left).not.toEqual(expect.arrayContaining([two]));
  });
});
