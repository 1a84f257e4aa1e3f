import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { extendChain, headAt, TimelineGone, type ChainHash, type Head } from '#event-log';
import { verifyTimeline, type ExpectedHash, type Verification } from '#proof';
import { createVirtual } from '../runtime/harness.js';
import { openScene, type Actor, type CommitRow, type Scene } from './scene.js';

let scene: Scene;
let root: Actor;
let fork: Actor;
let grand: Actor;

beforeAll(async () => {
  scene = await openScene(7);
  const [first, second, third] = scene.actors;
  if (first === undefined || second === undefined || third === undefined) throw new Error('the scene is not whole');
  [root, fork, grand] = [first, second, third];
});

afterEach(() => scene.undo());

afterAll(() => scene.close());

async function verify({ name }: Actor, expected: readonly ExpectedHash[] = []): Promise<Verification> {
  const verification = await verifyTimeline(scene.log, name, { expected });
  if (verification === undefined) throw new Error(`no timeline ${name}`);
  return verification;
}

const named = async (actor: Actor, expected?: readonly ExpectedHash[]) => {
  const { firstViolation } = await verify(actor, expected);
  return firstViolation && [firstViolation.kind, firstViolation.version, firstViolation.timeline];
};

/** The chain hash at a version, as a client would have noted it in better days. */
async function notedAt({ record }: Actor, version: number): Promise<ExpectedHash> {
  const head = await headAt(scene.log, record.timelineId, version);
  if (head === undefined) throw new Error(`no version ${version}`);
  return head;
}

/** The last commits of a timeline, from one on, with their events; the head's row as it was. */
const cutTail = ({ record }: Actor, from: CommitRow): readonly string[] => [
  `delete from event where timeline_id = ${record.timelineId} and version >= ${from.first_version}`,
  `delete from commit where timeline_id = ${record.timelineId} and first_version >= ${from.first_version}`,
];

const setHead = ({ record }: Actor, { version, hash }: Head): string =>
  `update timeline set head_version = ${version}, head_hash = '\\x${hash}' where timeline_id = ${record.timelineId}`;

const commitAt = ({ commits }: Actor, index: number): CommitRow => {
  const commit = commits.at(index);
  if (commit === undefined) throw new Error(`no commit ${index}`);
  return commit;
};

describe('hashes that were noted', () => {
  test('hold at every version of the ancestry, within commits too, and are all named where they do not', async () => {
    const versions = Array.from({ length: grand.head }, (_, index) => index + 1);
    const noted = await Promise.all(versions.map((version) => notedAt(grand, version)));
    expect(await verify(grand, noted)).toMatchObject({ valid: true, version: grand.head });
    for (const expected of noted) {
      const wrong = { ...expected, hash: '0'.repeat(64) };
      const { valid, firstViolation } = await verify(grand, [wrong]);
      expect([valid, firstViolation?.kind, firstViolation?.version]).toEqual([false, 'expected-hash', wrong.version]);
    }
  });

  test('at versions that the log does not have are named', async () => {
    const beyond = { version: grand.head + 3, hash: '0'.repeat(64) };
    expect(await named(grand, [beyond])).toEqual(['expected-hash', grand.head + 3, 'GRAND']);
  });

  test('find a tail that was cut off consistently, which nothing else can', async () => {
    const noted = await notedAt(grand, grand.head);
    for (let cut = 1; cut < grand.commits.length; cut += 1) {
      const { last_version: end } = commitAt(grand, -cut - 1);
      const { hash } = await notedAt(grand, end);
      await scene.edit(
        ...cutTail(grand, commitAt(grand, -cut)),
        setHead(grand, { version: end, hash: hash as ChainHash }),
      );
      expect(await verify(grand)).toMatchObject({ valid: true, version: end, headHash: hash });
      expect(await verify(grand, [{ version: end, hash }])).toMatchObject({ valid: true });
      expect(await named(grand, [noted])).toEqual(['expected-hash', grand.head, 'GRAND']);
      await scene.undo();
    }
  });

  test('find a history that was rewritten with all its hashes, from the first version on that is not as it was', async () => {
    const noted = await Promise.all([grand.after, grand.after + 1, grand.head].map((at) => notedAt(grand, at)));
    const { timelineId, genesisHash } = grand.record;
    let head: Head = { version: grand.after, hash: genesisHash };
    const statements: string[] = [];
    for await (const { commit, events } of scene.log.readCommits({ timelineId, afterVersion: grand.after })) {
      const rewritten = extendChain(
        head,
        events.map((event) => ({ ...event, actor: 'eve' })),
        commit,
      );
      ({ head } = rewritten);
      statements.push(
        `update commit set hash = '\\x${head.hash}' where timeline_id = ${timelineId} and last_version = ${head.version}`,
        ...events.map(
          ({ version }, index) =>
            `update event set actor = 'eve', link = ${rewritten.checks[index]}
             where timeline_id = ${timelineId} and version = ${version}`,
        ),
      );
    }
    await scene.edit(...statements, setHead(grand, head));
    expect(await verify(grand)).toMatchObject({ valid: true, version: grand.head, headHash: head.hash });
    expect(await named(grand, noted.slice(0, 1))).toBeNull();
    expect(await named(grand, noted)).toEqual(['expected-hash', grand.after + 1, 'GRAND']);
    expect(await named(grand, noted.slice(2))).toEqual(['expected-hash', grand.head, 'GRAND']);
  });
});

describe('the row of the timeline', () => {
  test('that is ahead of its last commit is named at the first version that is gone', async () => {
    const { first_version: from } = commitAt(grand, -2);
    await scene.edit(...cutTail(grand, commitAt(grand, -2)));
    expect(await named(grand)).toEqual(['head', from, 'GRAND']);
  });

  test('that was set back behind commits which go on is named', async () => {
    const { last_version: end } = commitAt(fork, -3);
    const { hash } = await notedAt(fork, end);
    await scene.edit(setHead(fork, { version: end, hash: hash as ChainHash }));
    expect(await named(fork)).toEqual(['head', end + 1, 'FORK']);
    const within = fork.commits.find(({ first_version, last_version }) => first_version < last_version);
    await scene.edit(setHead(fork, { version: within?.first_version ?? 0, hash: hash as ChainHash }));
    expect(await named(fork)).toEqual(['head', (within?.first_version ?? 0) + 1, 'FORK']);
  });

  test('that has another hash than its last commit is named', async () => {
    await scene.edit(setHead(root, { version: root.head, hash: '0'.repeat(64) as ChainHash }));
    expect(await named(root)).toEqual(['head', root.head, 'ROOT']);
    expect(await named(fork)).toBeNull();
  });

  test('with another genesis is named, for every timeline that stands on it', async () => {
    for (const changed of scene.actors) {
      const where = `where timeline_id = ${changed.record.timelineId}`;
      await scene.edit(`update timeline set genesis_hash = sha256(genesis_hash) ${where}`);
      for (const actor of scene.actors) {
        const standsOn = scene.actors.indexOf(actor) >= scene.actors.indexOf(changed);
        expect([changed.name, actor.name, await named(actor)]).toEqual([
          changed.name,
          actor.name,
          standsOn ? ['genesis', changed.after, changed.name] : null,
        ]);
      }
      await scene.undo();
    }
  });

  test('with another fork version is named', async () => {
    for (const by of [-1, 1]) {
      await scene.edit(
        `update timeline set fork_version = fork_version + ${by} where timeline_id = ${fork.record.timelineId}`,
      );
      expect(await named(fork)).toEqual(['genesis', fork.after + by, 'FORK']);
      await scene.undo();
    }
  });
});

describe('rows of no timeline', () => {
  test('are found in the whole database, and those that a removed timeline left are none', async () => {
    await createVirtual(scene.process, 'GONE');
    await scene.process.runtime.removeTimeline({ timeline: 'GONE', confirm: 'GONE', key: null });
    expect(await scene.log.rows.findStrayRows()).toEqual([]);
    const { last_version } = commitAt(root, 3);
    await scene.edit(
      `update event set timeline_id = 90 where timeline_id = ${root.record.timelineId} and version in (5, 9)`,
      `update commit set timeline_id = 80 where timeline_id = ${fork.record.timelineId} and last_version = ${commitAt(fork, 1).last_version}`,
      `update commit set timeline_id = 90 where timeline_id = ${root.record.timelineId} and last_version = ${last_version}`,
    );
    expect(await scene.log.rows.findStrayRows()).toEqual([
      { table: 'commit', timelineId: 80, version: commitAt(fork, 1).last_version },
      { table: 'event', timelineId: 90, version: 5 },
      { table: 'commit', timelineId: 90, version: last_version },
    ]);
    expect(await named(root)).toEqual(['event-missing', 5, 'ROOT']);
  });
});

test('a fork that branches off below its parent’s own fork version stands on what is above it alone', async () => {
  const { process, log } = scene;
  const at = root.commits.find(({ last_version }) => last_version > 10)?.last_version ?? 0;
  expect(at).toBeLessThan(fork.after);
  await process.runtime.forkTimeline({ parent: 'FORK', name: 'ASIDE', at, terms: {}, actor: 'test', key: null });
  const firstViolation = async () => (await verifyTimeline(log, 'ASIDE'))?.firstViolation;
  expect(await verifyTimeline(log, 'ASIDE')).toMatchObject({ valid: true, version: at + 1 });
  await scene.edit(`update event set actor = 'eve' where timeline_id = ${fork.record.timelineId}`);
  await scene.edit(`update event set actor = 'eve' where timeline_id = ${root.record.timelineId} and version > ${at}`);
  expect(await firstViolation()).toBeNull();
  await scene.edit(`update event set actor = 'eve' where timeline_id = ${root.record.timelineId} and version = ${at}`);
  expect(await firstViolation()).toMatchObject({ kind: 'event-changed', version: at, timeline: 'ROOT' });
});

test('there is nothing to verify of a timeline that is not there, or that goes meanwhile', async () => {
  expect(await verifyTimeline(scene.log, 'NOBODY')).toBeUndefined();
  await createVirtual(scene.process, 'GOING');
  const record = await scene.log.findTimeline('GOING');
  const going = verifyTimeline(
    {
      findTimeline: (name) => scene.log.findTimeline(name),
      rows: {
        ...scene.log.rows,
        scanCommits: async function* (range) {
          if (record !== undefined) await scene.log.removeTimeline(record.timelineId, null);
          await scene.edit(`delete from commit where timeline_id = ${record?.timelineId}`);
          yield* scene.log.rows.scanCommits(range);
        },
      },
    },
    'GOING',
  );
  await expect(going).rejects.toThrow(TimelineGone);
});

test('whoever aborts ends it, and progress is told up to the head', async () => {
  const gone = new AbortController();
  const told: number[] = [];
  await verifyTimeline(scene.log, 'ROOT', {
    onProgress: ({ version, of }) => {
      expect(of).toBe(root.head);
      told.push(version);
    },
  });
  expect(told.at(-1)).toBe(root.head);
  const pace = {
    mustRest: true,
    rest: () => {
      gone.abort(new Error('the client left'));
      return Promise.resolve();
    },
    run: <T>(piece: () => T): T => piece(),
  };
  await expect(verifyTimeline(scene.log, 'ROOT', { signal: gone.signal, pace })).rejects.toThrow('the client left');
});
