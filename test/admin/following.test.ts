import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { stopServers, startServer, until } from '../server.js';
import { NOBODY, openLaboratory, playLab, type Laboratory } from './laboratory.js';
import { seed, startSeed } from './seed-line.js';

let lab: Laboratory;
let timeline = '';
let count = 0;

beforeAll(async () => {
  lab = await openLaboratory();
});

beforeEach(async () => {
  count += 1;
  timeline = `LAB-${count}`;
  await playLab(lab, timeline);
});

afterAll(async () => {
  await stopServers();
  await lab.database.drop();
});

interface Event {
  readonly version: number;
  readonly type: string;
}

const eventsIn = (out: string): readonly Event[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

const versionsIn = (out: string): readonly number[] => eventsIn(out).map(({ version }) => version);

const from = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A line that goes on until `stop`, with what it has printed so far. */
function running(words: readonly string[], environment: Readonly<Record<string, string>>) {
  const stopping = new AbortController();
  const printed = { out: '', err: '' };
  const done = seed(words, environment, {
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    stopping: stopping.signal,
  });
  const stop = async (): Promise<number | null> => {
    stopping.abort();
    return (await done).exitCode;
  };
  return { printed, done, stop };
}

const deposit = (amount: string) => lab.post(`/${timeline}/agents/ann/deposits`, { amount });

describe('events', () => {
  test('are printed from the beginning to the end, one a line, alike both ways', async () => {
    const [through, on] = [await lab.through('events', timeline, '--json'), await lab.on('events', timeline, '--json')];
    expect(versionsIn(through.out)).toEqual(from(1, 9));
    expect(on).toEqual(through);
    expect((await lab.on('events', timeline)).out).toBe((await lab.through('events', timeline)).out);
  });

  test('can be narrowed to types, to those behind a version, and to a number', async () => {
    for (const go of [lab.through, lab.on]) {
      const bets = await go(
        'events',
        timeline,
        '--type',
        'BetPlaced',
        '--type',
        'MarketCreated,ClockAdvanced',
        '--json',
      );
      expect(eventsIn(bets.out).map(({ type }) => type)).toEqual([
        'MarketCreated',
        'ClockAdvanced',
        'BetPlaced',
        'BetPlaced',
      ]);
      expect(versionsIn((await go('events', timeline, '--after', '7', '--json')).out)).toEqual([8, 9]);
      expect(versionsIn((await go('events', timeline, '--limit', '3', '--json')).out)).toEqual([1, 2, 3]);
      expect(versionsIn((await go('events', timeline, '--type', 'BetPlaced', '--limit', '1', '--json')).out)).toEqual([
        8,
      ]);
    }
  });
});

describe('followed', () => {
  const ways: readonly [string, () => Readonly<Record<string, string>>, () => readonly string[]][] = [
    ['through the server', () => ({ DATABASE_URL: NOBODY }), () => ['--server', lab.server.url]],
    ['on the database', () => ({ DATABASE_URL: lab.database.url }), () => []],
  ];

  test.each(ways)('%s, events come as they are written, and Ctrl-C ends it with 0', async (_way, environment, more) => {
    const words = ['events', timeline, '--follow', '--after', '8', '--json', ...more()];
    const { printed, stop } = running(words, environment());
    await until(() => printed.out !== '');
    await deposit('1');
    await deposit('2');
    await until(() => versionsIn(printed.out).length === 3);
    expect(await stop()).toBe(0);
    expect([versionsIn(printed.out), printed.err]).toEqual([[9, 10, 11], '']);
  });

  test.each(ways)('%s, hidden events are passed over and a number ends it', async (_way, environment, more) => {
    const words = [
      'events',
      timeline,
      '--follow',
      '--after',
      '0',
      '--type',
      'FundsDeposited',
      '--limit',
      '3',
      ...more(),
    ];
    const { printed, done } = running(words, environment());
    await until(() => printed.out.split('\n').length === 3);
    await lab.post(`/${timeline}/agents`, { agentId: 'eve' });
    await deposit('7');
    expect((await done).exitCode).toBe(0);
    expect(printed.out.match(/FundsDeposited/g)).toHaveLength(3);
    expect(printed.out.trimEnd().split('\n')).toHaveLength(3);
  });

  test.each(ways)('%s, a version that is not there yet is refused', async (_way, environment, more) => {
    const { exitCode, err } = await seed(['events', timeline, '--follow', '--after', '99', ...more()], environment());
    expect([exitCode, err]).toEqual([1, expect.stringContaining('(version-ahead)')]);
  });

  test('a server that is started again is gone on with, without a gap or a repetition', async () => {
    const first = await startServer({ databaseUrl: lab.database.url });
    await first.ready();
    const port = Number(new URL(first.url).port);
    const words = ['events', timeline, '--follow', '--after', '7', '--json', '--server', first.url];
    const { printed, stop } = running(words, { DATABASE_URL: NOBODY });
    await until(() => versionsIn(printed.out).length === 2);
    first.kill('SIGKILL');
    await first.exited;
    await until(() => printed.err.includes('broke'));
    await deposit('1');
    await deposit('2');
    const second = await startServer({ databaseUrl: lab.database.url, port });
    await second.ready();
    await until(() => versionsIn(printed.out).length === 4);
    second.kill('SIGTERM');
    await second.exited;
    await deposit('3');
    await (await startServer({ databaseUrl: lab.database.url, port })).ready();
    await until(() => versionsIn(printed.out).length === 5);
    expect(await stop()).toBe(0);
    expect(versionsIn(printed.out)).toEqual(from(8, 12));
    expect(printed.err).toContain('Going on after version 9.');
  });

  test('a process ends with 0 at SIGINT, and where nobody reads it any more', async () => {
    const words = ['events', timeline, '--follow', '--after', '0', '--json'];
    const interrupted = startSeed(words, { SEED_URL: lab.server.url });
    await once(interrupted.child.stdout, 'data');
    interrupted.child.kill('SIGINT');
    expect((await interrupted.ran).exitCode).toBe(0);

    const unread = startSeed(words, { SEED_URL: lab.server.url });
    await once(unread.child.stdout, 'data');
    unread.child.stdout.destroy();
    unread.ran.catch(() => undefined);
    const ended = once(unread.child, 'exit');
    await deposit('5');
    expect(await ended).toEqual([0, null]);
  });
});
