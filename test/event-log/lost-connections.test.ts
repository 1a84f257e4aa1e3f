import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import {
  LogUnavailable,
  openMemoryLog,
  OutcomeUnknown,
  type EventLog,
  type Head,
  type NewAccessKey,
  type RestorePart,
  type TimelineRecord,
} from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import { archiveOf, importInto } from '../archives/archives.js';
import type { TestDatabase } from '../postgres.js';
import { marks, startCuttingProxy, type CuttingProxy } from './cutting-proxy.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from './proposals.js';

const appendTimeoutMs = 1_000;

describe('an append whose connection is lost', () => {
  let database: TestDatabase;
  let proxy: CuttingProxy;
  /** Through the proxy. */
  let log: EventLog;
  /** Past it. */
  let direct: EventLog;
  let timeline: TimelineRecord;

  beforeEach(async () => {
    database = await createMigratedDatabase();
    proxy = await startCuttingProxy(database.url);
    const options = { poolMax: 3, appendTimeoutMs };
    log = await openPostgresLog({ ...options, url: proxy.url, applicationName: 'cut' });
    direct = await openPostgresLog({ ...options, url: database.url, applicationName: 'direct' });
    timeline = await createTimeline(log);
  });

  afterEach(async () => {
    await Promise.all([log.close(), direct.close()]);
    await proxy.close();
    await database.drop();
  });

  const headNow = async (): Promise<Head> => (await direct.confirm(timeline.timelineId, [])).head;
  const request = (): Parameters<EventLog['append']>[0] =>
    appendRequest(timeline.timelineId, timeline.head, { events: proposedEvents(2), keys: [proposedKey('cut')] });

  test.each(['reply-lost', 'reply-swallowed'] as const)('is acknowledged if it had committed: %s', async (fault) => {
    proxy.arm(fault);
    const head = await appended(log.append(request()));
    assert.equal(proxy.fired(), 1);
    assert.deepEqual(head, await headNow());
    assert.equal(head.version, 3);
    await appended(log.append(appendRequest(timeline.timelineId, head)));
  });

  test('is refused as certainly not done if it never arrived, and can be sent again', async () => {
    proxy.arm('never-arrives');
    const sent = request();
    await assert.rejects(log.append(sent), LogUnavailable);
    assert.equal(proxy.fired(), 1);
    assert.deepEqual(await headNow(), timeline.head);
    await appended(log.append(sent));
  });

  test('is never applied after it was refused, though the server gets it later', async () => {
    proxy.arm('arrives-late');
    await assert.rejects(log.append(request()), LogUnavailable);
    proxy.deliver();
    await sleep(300);
    assert.equal(proxy.fired(), 1);
    assert.deepEqual(await headNow(), timeline.head);
  });

  test('is lost if it never arrived and somebody else moved the head meanwhile', async () => {
    proxy.arm('never-arrives');
    const sent = request();
    await appended(direct.append(appendRequest(timeline.timelineId, timeline.head)));
    assert.deepEqual(await log.append(sent), { status: 'lost' });
    assert.equal(proxy.fired(), 1);
  });

  test('is open, and says so, if the database stays away', async () => {
    proxy.arm('reply-lost');
    proxy.refuse(true);
    const established = log.append(request());
    await assert.rejects(established, OutcomeUnknown);
    assert.equal(proxy.fired(), 1);
    assert.equal((await headNow()).version, 3);
    proxy.refuse(false);
    assert.deepEqual((await log.confirm(timeline.timelineId, [])).head, await headNow());
  });

  test.each(['reply-lost', 'never-arrives'] as const)('with keys alone is resolved as well: %s', async (fault) => {
    const key = proposedKey('alone', { firstVersion: 2, lastVersion: 1, reply: '{"n":1}' });
    const alone = appendRequest(timeline.timelineId, timeline.head, { events: [], keys: [key] });
    proxy.arm(fault);
    if (fault === 'reply-lost') assert.deepEqual(await appended(log.append(alone)), timeline.head);
    else await assert.rejects(log.append(alone), LogUnavailable);
    assert.equal(proxy.fired(), 1);
    const { keys } = await direct.confirm(timeline.timelineId, [key.digest]);
    assert.deepEqual(keys, fault === 'reply-lost' ? [key] : []);
  });

  test.each(['reply-lost', 'reply-swallowed', 'never-arrives', 'arrives-late'] as const)(
    'under the head’s lock leaves the lock free and its outcome known: %s',
    async (fault) => {
      const lock = await log.lockHead(timeline.timelineId);
      proxy.arm(fault);
      await assert.rejects(lock.append(request()), LogUnavailable);
      proxy.deliver();
      assert.equal(proxy.fired(), 1);
      assert.deepEqual(await headNow(), timeline.head);
      await appended(direct.append(appendRequest(timeline.timelineId, timeline.head)));
    },
  );
});

describe('the commit of a locked append', () => {
  test.each(['reply-lost', 'reply-swallowed'] as const)('is acknowledged though its reply is gone: %s', (fault) =>
    throughProxy(marks.commit, async (log, proxy) => {
      const { timelineId, head } = await createTimeline(log);
      const lock = await log.lockHead(timelineId);
      proxy.arm(fault);
      const next = await appended(lock.append(appendRequest(timelineId, head)));
      assert.equal(proxy.fired(), 1);
      assert.deepEqual((await log.confirm(timelineId, [])).head, next);
    }),
  );
});

describe('a creation whose connection is lost at its commit', () => {
  test('is acknowledged if it had committed', () =>
    throughProxy(marks.commit, async (log, proxy) => {
      proxy.arm('reply-lost');
      const timeline = await createTimeline(log);
      assert.equal(proxy.fired(), 1);
      assert.deepEqual(await log.findTimeline('REALITY'), timeline);
    }));

  test.each(['never-arrives', 'arrives-late'] as const)('never happens once it was refused: %s', (fault) =>
    throughProxy(marks.commit, async (log, proxy) => {
      proxy.arm(fault);
      await assert.rejects(createTimeline(log), LogUnavailable);
      proxy.deliver();
      await createTimeline(log);
      assert.equal(proxy.fired(), 1);
    }),
  );
});

describe('a label or a removal whose connection is lost', () => {
  test.each(['reply-lost', 'reply-swallowed', 'never-arrives'] as const)('is open, and says so: %s', (fault) =>
    throughProxy(['insert-label', 'remove-timeline'], async (log, proxy) => {
      const { timelineId } = await createTimeline(log);
      const arrived = fault !== 'never-arrives';
      proxy.arm(fault);
      await assert.rejects(log.saveLabel(timelineId, { label: 'a', version: 1 }, null), OutcomeUnknown);
      assert.equal((await log.findLabel(timelineId, 'a')) !== undefined, arrived);
      proxy.arm(fault);
      await assert.rejects(log.removeTimeline(timelineId, null), OutcomeUnknown);
      assert.equal((await log.findTimeline('REALITY')) === undefined, arrived);
      assert.equal(proxy.fired(), 2);
    }),
  );

  test('once removed is removed, though its rows could not be deleted yet', () =>
    throughProxy(['purge-removed-timelines'], async (log, proxy) => {
      const { timelineId } = await createTimeline(log);
      proxy.arm('never-arrives');
      assert.deepEqual(await log.removeTimeline(timelineId, null), { status: 'removed' });
      assert.equal(proxy.fired(), 1);
    }));
});

describe('a change of several statements whose connection is lost at its commit', () => {
  const newKey: NewAccessKey = {
    ...{ keyId: 'abcdefghijkl', name: 'cut', role: 'reader', agentId: null, timelines: null },
    ...{ hmac: 'ab'.repeat(32), createdBy: 'me', expiresAtMs: null },
  };
  const replayId = '01234567-89ab-4cde-8f01-23456789abcd';

  const changes: readonly [string, (log: EventLog, timeline: TimelineRecord) => Promise<unknown>, Found][] = [
    ['an access key', (log) => log.access.createKey(newKey, 10), async (log) => log.access.findKey(newKey.keyId)],
    [
      'a replay',
      (log, { timelineId }) => {
        const request = { id: replayId, timelineId, mode: 'verify', toVersion: null, key: null } as const;
        return log.replays.create(request, { unfinishedMax: 5, finishedKept: 5 });
      },
      async (log) => log.replays.find(replayId),
    ],
    [
      'a snapshot',
      (log, { timelineId, head }) =>
        log.saveSnapshot({
          ...{ timelineId, version: 1, format: 1, reducer: 'r', chainHash: head.hash, codec: 'none', takenAtMs: 1 },
          ...{
            sha256: 'ab'.repeat(32),
            stateHash: 'cd'.repeat(32),
            sizeBytes: 1,
            rebuilds: 0,
            bytes: Buffer.from('a'),
          },
        }),
      async (log, { timelineId }) => (await log.listSnapshots(timelineId))[0],
    ],
    [
      'server keys of timelines that are there',
      (log) => log.restore(serverKeysAlone()),
      async (log) => log.findServerKey(proposedKey('restored').digest),
    ],
  ];

  describe.each(changes)('%s', (_what, change, find) => {
    test.each(['reply-lost', 'never-arrives'] as const)('is open, and says so: %s', (fault) =>
      throughProxy(marks.commit, async (log, proxy) => {
        const timeline = await createTimeline(log);
        proxy.arm(fault);
        await assert.rejects(change(log, timeline), OutcomeUnknown);
        assert.equal(proxy.fired(), 1);
        assert.equal((await find(log, timeline)) !== undefined, fault !== 'never-arrives');
      }),
    );
  });

  test('a restored timeline is looked for', () =>
    throughProxy(marks.commit, async (log, proxy) => {
      const source = openMemoryLog();
      await createTimeline(source, 'RESTORED');
      const archive = await archiveOf(source);
      proxy.arm('never-arrives');
      await assert.rejects(importInto(log, archive), (error) => error instanceof LogUnavailable);
      proxy.arm('reply-lost');
      assert.equal((await importInto(log, archive)).status, 'imported');
      assert.equal(proxy.fired(), 2);
    }));
});

test.each([
  ['a key', 'find-access-key', (log: EventLog) => log.access.revokeKey('abcdefghijkl')],
  ['a replay', 'find-replay', (log: EventLog) => log.replays.cancel('01234567-89ab-4cde-8f01-23456789abcd')],
])('that %s was ended is open where it cannot be read back', (_what, statement, end) =>
  throughProxy([statement], async (log, proxy) => {
    proxy.arm('never-arrives');
    await assert.rejects(end(log), OutcomeUnknown);
    assert.equal(proxy.fired(), 1);
  }),
);

type Found = (log: EventLog, timeline: TimelineRecord) => Promise<unknown>;

async function* serverKeysAlone(): AsyncGenerator<RestorePart> {
  yield await Promise.resolve({ kind: 'server-keys', keys: [proposedKey('restored')] });
}

describe('with the database away', () => {
  test('every call is refused within its time, and works again by itself', () =>
    throughProxy(marks.append, async (log, proxy) => {
      const { timelineId, head } = await createTimeline(log);
      proxy.refuse(true);
      proxy.cutAll();
      await sleep(50);
      const startedAt = performance.now();
      const calls = [
        () => log.append(appendRequest(timelineId, head)),
        () => log.confirm(timelineId, [proposedKey('away').digest]),
        () => log.lockHead(timelineId),
        () => log.readEvents({ timelineId, afterVersion: 0, limit: 1 }),
        () => log.readCommits({ timelineId, afterVersion: 0 })[Symbol.asyncIterator]().next(),
        () => log.databaseTimeMs(),
        () => createTimeline(log, 'OTHER'),
        () => log.listSnapshots(timelineId),
      ];
      for (const call of calls) await assert.rejects(call(), LogUnavailable);
      assert.ok(performance.now() - startedAt < 2_000);
      proxy.refuse(false);
      await appended(log.append(appendRequest(timelineId, head)));
    }));
});

async function throughProxy(
  marked: readonly string[],
  work: (log: EventLog, proxy: CuttingProxy) => Promise<void>,
): Promise<void> {
  const database = await createMigratedDatabase();
  const proxy = await startCuttingProxy(database.url, marked);
  const log = await openPostgresLog({ url: proxy.url, poolMax: 3, applicationName: 'cut', appendTimeoutMs });
  try {
    await work(log, proxy);
  } finally {
    await log.close();
    await proxy.close();
    await database.drop();
  }
}
