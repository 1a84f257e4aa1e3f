import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { send } from '../api/api.js';
import { createTestDatabase } from '../postgres.js';
import { stopServers } from '../server.js';
import { NOBODY, openLaboratory, playLab, type Laboratory } from './laboratory.js';
import { seed, seedProcess, type Ran } from './seed-line.js';

let lab: Laboratory;

beforeAll(async () => {
  lab = await openLaboratory();
  await playLab(lab);
  await lab.through('fork', 'LAB', 'WHAT-IF', '--at', '7');
  await lab.post('/WHAT-IF/markets/rain/bets', { agentId: 'ben', outcome: 'NO', amount: '90' });
  await lab.through('label', 'LAB', 'OPENED', '--at', '6');
  await lab.through('snapshot', 'LAB');
});

afterAll(async () => {
  await stopServers();
  await lab.database.drop();
});

/** What a line prints and ends with does not depend on the way it goes. */
async function bothWays(...words: readonly string[]): Promise<Ran> {
  const [through, on] = [await lab.through(...words), await lab.on(...words)];
  expect(on).toEqual(through);
  return through;
}

/** As somebody who has the owner's password, and turns the triggers off. */
async function asOwner(statement: string): Promise<void> {
  const client = new Client(lab.database.url);
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** On the others' wall clocks something may become due at any time. */
const headsOfVirtual = async (): Promise<readonly unknown[]> =>
  (await lab.on('forks', '--json')).json.items
    .filter(({ name }: { name: string }) => !['REALITY', 'TOLD'].includes(name))
    .map(({ name, chainHash }: { name: string; chainHash: string }) => [name, chainHash]);

const get = async (path: string) => (await send(`${lab.server.url}/v1/timelines${path}`, 'GET')).body;

describe('what only reads', () => {
  test.each<[string, string, readonly string[]]>([
    ['/LAB/state', 'the state now', ['state', 'LAB']],
    ['/LAB/state?at=8', 'the state at a version', ['state', 'LAB', '--at', '8']],
    ['/LAB/state?at=2026-01-01T00:30:00Z', 'at a time', ['state', 'LAB', '--at', '2026-01-01T00:30:00Z']],
    [
      '/LAB/state?at=2026-01-01T02:00:00%2B01:30',
      'at an offset',
      ['state', 'LAB', '--at', '2026-01-01T02:00:00+01:30'],
    ],
    ['/LAB/state/agents/ann?at=8', 'an agent then', ['state', 'LAB', '--at', '8', '--agent', 'ann']],
    ['/LAB/state/agents/ann', 'an agent now', ['state', 'LAB', '--agent', 'ann']],
    ['/LAB/state/markets/rain', 'a market', ['state', 'LAB', '--market', 'rain']],
    ['/LAB/state?full=true', 'all of the state', ['state', 'LAB', '--full']],
    ['/LAB/state?full=true&at=4', 'all of it then', ['state', 'LAB', '--full', '--at', '4']],
    ['/LAB/compare/WHAT-IF', 'a comparison', ['compare', 'LAB', 'WHAT-IF', '--json']],
    ['/LAB/compare/WHAT-IF?limit=2', 'a page of it', ['compare', 'LAB', 'WHAT-IF', '--json', '--limit', '2']],
    ['/LAB/labels', 'labels', ['label', 'LAB']],
    ['/../admin/verify/LAB', 'the proof', ['verify', 'LAB']],
    ['/../admin/verify/WHAT-IF', 'the proof of a fork', ['verify', 'WHAT-IF']],
    ['/LAB/snapshots', 'snapshots', ['snapshot', 'LAB', '--list']],
    ['', 'timelines', ['forks']],
  ])('%s is answered alike by the server, through it and on the database: %s', async (path, _what, words) => {
    const { exitCode, json, err } = await bothWays(...words, '--json');
    expect([exitCode, err]).toEqual([0, '']);
    expect(json).toEqual(await get(path));
  });

  test('later pages of a comparison come by the cursor of the one before, whichever way that went', async () => {
    const whole = (await lab.through('compare', 'LAB', 'WHAT-IF', '--json')).json.differences.items;
    expect(whole.length).toBeGreaterThan(2);
    const items = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const more: readonly string[] = cursor === '' ? [] : ['--cursor', cursor];
      const { json } = await bothWays('compare', 'LAB', 'WHAT-IF', '--json', '--limit', '1', ...more);
      items.push(...json.differences.items);
      cursor = json.differences.nextCursor;
    }
    expect(items).toEqual(whole);
  });

  test('is told in words too', async () => {
    const compared = await bothWays('compare', 'LAB', 'WHAT-IF');
    expect(compared.out).toContain('Common ancestor   LAB at version 7\n');
    expect(compared.out).toContain(
      '  LAB: version 8, 2026-01-01T01:00:00.000Z, BetPlaced {"marketId":"rain","agentId":"ann"',
    );
    expect(compared.out).toContain('  ann: available 950 → 1000 (+50)\n  ben: available 920 → 910 (-10)\n');
    expect((await bothWays('compare', 'LAB', 'WHAT-IF', '--limit', '1')).out).not.toContain('  ben: ');
    expect((await bothWays('compare', 'LAB', 'LAB')).out).toContain('Nothing else differs.');
    expect((await bothWays('state', 'LAB', '--at', '8', '--agent', 'ann')).out).toMatch(/available +950\n/);
    expect((await bothWays('state', 'LAB', '--market', 'rain')).out).toMatch(/status +open\n/);
    expect((await bothWays('forks', 'LAB')).out).toBe(
      'LAB         version 9, active\n└─ WHAT-IF  version 9, active, forked at 7\n',
    );
  });
});

describe('verify', () => {
  test('finds hashes that were noted, and names one that the history does not have', async () => {
    const { version, headHash } = (await bothWays('verify', 'LAB', '--json')).json;
    const noted = `${version}:${headHash}`;
    const early = '3:' + (await lab.on('verify', 'LAB', '--json', '--expect', noted)).json.headHash;
    expect((await bothWays('verify', 'LAB', '--expect', noted)).out).toContain(`proven up to  ${noted}\n`);
    for (const wrong of [early, `${version + 1}:${headHash}`]) {
      const { exitCode, json } = await bothWays('verify', 'LAB', '--expect', noted, '--expect', wrong, '--json');
      expect([exitCode, json.valid, json.firstViolation.kind]).toEqual([1, false, 'expected-hash']);
      const told = await bothWays('verify', 'LAB', '--expect', wrong);
      expect([told.exitCode, told.err]).toEqual([1, '']);
      expect(told.out).toMatch(/^LAB is not proven: expected-hash at version /);
    }
  });

  test('without a name proves all of them, and finds rows that belong to none', async () => {
    const well = await bothWays('verify', '--json');
    expect([well.exitCode, well.json.valid, well.json.strayRows]).toEqual([0, true, []]);
    const names = well.json.timelines.map(({ timeline }: { timeline: string }) => timeline);
    expect(names).toEqual(['LAB', 'REALITY', 'WHAT-IF']);
    expect((await bothWays('verify')).out).toMatch(/\nNo row of the log is without a timeline\.\n$/);
    await asOwner(`insert into event select version, at_ms, command_id, 4711, link, schema_version, type, actor, data
      from event join timeline using (timeline_id) where name = 'LAB' and version = 3`);
    const ill = await bothWays('verify', '--json');
    expect([ill.exitCode, ill.json.valid]).toEqual([1, false]);
    expect(ill.json.strayRows).toEqual([{ table: 'event', timelineId: 4711, version: 3 }]);
    for (const { valid } of ill.json.timelines) expect(valid).toBe(true);
    expect((await bothWays('verify')).out).toMatch(/\nStray: rows of event belong to timeline number 4711, .*\.\n$/);
    const { json } = await lab.on('doctor', '--json');
    expect(json.checks.find(({ check }: { check: string }) => check === 'rows')).toMatchObject({ status: 'fail' });
    await asOwner('delete from event where timeline_id = 4711');
    expect((await bothWays('verify')).exitCode).toBe(0);
  });

  test('wants a name where a hash was noted', async () => {
    const { exitCode, err } = await bothWays('verify', '--expect', `1:${'0'.repeat(64)}`);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('name it')]);
  });
});

test('a replay is waited for, and tells whether all is as the log gives it', async () => {
  const { stateHash } = (await lab.on('state', 'LAB', '--json')).json;
  for (const go of [lab.through, lab.on]) {
    for (const mode of ['verify', 'rebuild']) {
      const { exitCode, json } = await go('replay', 'LAB', '--mode', mode, '--json');
      expect([exitCode, json]).toEqual([
        0,
        expect.objectContaining({ mode, status: 'completed', version: 9, stateHash }),
      ]);
    }
    const told = await go('replay', 'LAB', '--to', '8');
    expect([told.exitCode, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(/^The replay of LAB, to verify it, is completed at version 8\.\n/);
    const { exitCode, json } = await go('replay', 'NOPE', '--json');
    expect([exitCode, json.error.code]).toEqual([1, 'timeline-unknown']);
  }
});

describe('what changes something', () => {
  test.each<[string, readonly string[]]>([
    ['a label at a version', ['label', 'LAB', 'SOON', '--at', '7']],
    ['a label at the head', ['label', 'LAB', 'NOW']],
    [
      'a fork at a label',
      ['fork', 'LAB', 'TOLD', '--at', 'NOW', '--reason', 'é', '--clock', 'wall', '--setting', 'feeBps=1'],
    ],
    ['a fork of the head', ['fork', 'LAB', 'PLAIN', '--setting', 'liquidity=2.5', '--setting', 'reactAt=7.5']],
    ['the end of a timeline', ['forks', 'complete', 'PLAIN', '--result', '{"z":1,"a":[null,"é"]}']],
    ['putting one away', ['forks', 'archive', 'PLAIN']],
    ['a removal', ['forks', 'remove', 'PLAIN', '--confirm', 'PLAIN']],
  ])('has one effect when its line is repeated, the other way too: %s', async (_what, words) => {
    const first = await lab.on(...words, '--json');
    const heads = await headsOfVirtual();
    expect([first.exitCode, first.err]).toEqual([0, '']);
    expect(await lab.through(...words, '--json')).toEqual(first);
    expect(await lab.on(...words, '--json')).toEqual(first);
    expect(await headsOfVirtual()).toEqual(heads);
  });

  test('is the same by a key of one’s own, and refused where that stands for something else', async () => {
    const first = await lab.on('fork', 'LAB', 'KEYED', '--key', 'mine', '--json');
    expect(await lab.through('fork', 'LAB', 'KEYED', '--key', 'mine', '--json')).toEqual(first);
    const other = await bothWays('fork', 'LAB', 'KEYED-2', '--key', 'mine', '--json');
    expect([other.exitCode, other.json.error.code]).toEqual([1, 'key-reused']);
  });

  test('takes a snapshot of the same state', async () => {
    const [through, on] = [await lab.through('snapshot', 'LAB', '--json'), await lab.on('snapshot', 'LAB', '--json')];
    const state = (await lab.on('state', 'LAB', '--json')).json;
    for (const { json } of [through, on]) {
      expect(json).toMatchObject({ version: state.version, stateHash: state.stateHash });
    }
  });
});

describe('a refusal is one sentence with its code, and ends with 1:', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['timeline-unknown', ['state', 'NOPE'], /There is no timeline NOPE\. \(timeline-unknown\)\n$/],
    ['timeline-unknown', ['forks', 'NOPE'], /There is no timeline NOPE\. /],
    ['timeline-unknown', ['events', 'NOPE'], /There is no timeline NOPE\. /],
    ['timeline-unknown', ['verify', 'NOPE'], /There is no timeline NOPE\. /],
    ['timeline-unknown', ['label', 'NOPE', 'X'], /There is no timeline NOPE\. /],
    ['timeline-name-taken', ['fork', 'LAB', 'REALITY'], /There is or was a timeline REALITY\. /],
    ['label-taken', ['label', 'LAB', 'OPENED', '--at', '7'], /A label never moves\. OPENED names version 6, of LAB\. /],
    ['label-unknown', ['fork', 'LAB', 'NEW', '--at', 'NO_LABEL'], /have no label of that name\. /],
    ['version-inside-command', ['fork', 'LAB', 'NEW', '--at', '4'], /where a command ends: 3 and 5\. /],
    [
      'version-ahead',
      ['label', 'LAB', 'FAR', '--at', '99'],
      /There is no such version yet\. The timeline is at version 9\. /,
    ],
    ['version-ahead', ['state', 'LAB', '--at', '99'], /Version 99 is ahead of the (timeline|head)/],
    ['state-unknown', ['state', 'LAB', '--at', '1999-01-01T00:00:00Z'], /\(state-unknown\)/],
    ['agent-unknown', ['state', 'LAB', '--at', '2', '--agent', 'ben'], /There is no agent ben\. /],
    ['market-unknown', ['state', 'LAB', '--market', 'snow'], /There is no market snow\. /],
    ['timeline-has-forks', ['forks', 'remove', 'LAB', '--confirm', 'LAB'], /Forked from it: .*WHAT-IF/],
    ['timeline-is-master', ['forks', 'remove', 'REALITY', '--confirm', 'REALITY'], /REALITY cannot be removed\. /],
    ['timeline-is-master', ['forks', 'complete', 'REALITY'], /REALITY cannot be ended\. /],
  ])('%s', async (code, words, sentence) => {
    for (const go of [lab.through, lab.on]) {
      const plain = await go(...words);
      expect([plain.exitCode, plain.out]).toEqual([1, '']);
      expect(plain.err).toMatch(sentence);
      expect(plain.err.trimEnd().split('\n')).toHaveLength(1);
      const { exitCode, json } = await go(...words, '--json');
      expect([exitCode, json.error.code]).toEqual([1, code]);
    }
  });
});

describe('a line that cannot be understood ends with 2, and nobody is asked:', () => {
  test.each<[string, readonly string[]]>([
    ['a name that is none', ['state', 'MY LAB']],
    ['a moment that is none', ['state', 'LAB', '--at', 'yesterday']],
    ['an agent and a market', ['state', 'LAB', '--agent', 'ann', '--market', 'rain']],
    ['a label of digits', ['label', 'LAB', '2013']],
    ['a version without a label', ['label', 'LAB', '--at', '3']],
    ['version 0', ['label', 'LAB', 'X', '--at', '0']],
    ['a setting that is none', ['fork', 'LAB', 'NEW', '--setting', 'colour=red']],
    ['a setting out of range', ['fork', 'LAB', 'NEW', '--setting', 'feeBps=5001']],
    ['a result that is no JSON', ['forks', 'complete', 'LAB', '--result', '{']],
    ['a result that JSON does not keep', ['forks', 'complete', 'LAB', '--result', '9007199254740993']],
    ['an age that is none', ['forks', 'prune', '--older-than', 'long']],
    ['no age', ['forks', 'prune']],
    ['an unknown type', ['events', 'LAB', '--type', 'BetLost']],
    ['a cursor that is none', ['compare', 'LAB', 'WHAT-IF', '--json', '--cursor', 'x']],
    ['a hash that is none', ['verify', 'LAB', '--expect', '9:abc']],
    ['one timeline to compare', ['compare', 'LAB']],
  ])('%s', async (_what, words) => {
    const { exitCode, out, err } = await seed(words, { DATABASE_URL: NOBODY });
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });
});

describe('nobody answers', () => {
  const lines: readonly (readonly string[])[] = [
    ['state', 'LAB'],
    ['events', 'LAB'],
    ['events', 'LAB', '--follow'],
    ['compare', 'LAB', 'WHAT-IF'],
    ['fork', 'LAB', 'NEW'],
    ['forks', 'remove', 'LAB', '--confirm', 'LAB'],
  ];

  test.each(lines)('neither a server nor a database: %s %s %s', async (...words) => {
    for (const more of [[], ['--server', 'http://127.0.0.1:9']]) {
      const { exitCode, out, err } = await seed([...words.filter(Boolean), ...more], { DATABASE_URL: NOBODY });
      expect([exitCode, out]).toEqual([3, '']);
      expect(err).toMatch(/\((database|server)-unavailable\)\n$/);
      expect(err).not.toContain('hush-hush');
    }
  });
});

test('a database that is not migrated is told so, and left as it is', async () => {
  const empty = await createTestDatabase();
  const found = await seed(['forks', '--json'], { DATABASE_URL: empty.url });
  expect([found.exitCode, found.json.error.code]).toEqual([1, 'database-not-migrated']);
  expect((await seed(['status', '--json'], { DATABASE_URL: empty.url })).json.database.state).toBe('not up to date');
  await empty.drop();
});

test('every command has examples in its help, and none of them a colour where no terminal is', async () => {
  const commands = ['compare', 'doctor', 'events', 'fork', 'forks', 'label', 'replay', 'snapshot', 'state', 'verify'];
  const { out } = await seed(['--help'], {});
  for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  const below = ['list', 'complete', 'archive', 'remove', 'prune'].map((command) => ['forks', command]);
  for (const words of [...commands.map((command) => [command]), ...below]) {
    const help = await seed([...words, '--help'], {});
    expect([help.exitCode, help.out]).toEqual([0, expect.stringContaining('Examples:')]);
  }
  for (const [words, environment] of [
    [['--help'], { NO_COLOR: '1' }],
    [['forks'], { NO_COLOR: '1' }],
    [['state', 'NOPE'], {}],
  ] as const) {
    const { out: answer, err } = await seedProcess(words, { ...environment, DATABASE_URL: lab.database.url });
    expect(answer + err).not.toContain('\u001b');
    expect(answer + err).not.toContain(new URL(lab.database.url).password || 'no password');
  }
});
