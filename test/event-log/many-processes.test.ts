import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { checkCommit, genesisHead, type EventLog, type TimelineRecord } from '#event-log';
import { migrate, openPostgresLog } from '#event-log-postgres';
import { startTestPostgres, type TestDatabase } from '../postgres.js';
import { createMigratedDatabase } from './migrated-database.js';
import { appended, appendRequest, createTimeline, proposedEvents } from './proposals.js';

interface Report {
  readonly acknowledged: readonly { readonly commandId: string; readonly version: number }[];
  readonly lost: number;
}

const script = fileURLToPath(new URL('./append-from-process.js', import.meta.url));

/** Processes that append so much each; none begins before all have read the same head. */
async function appendFromProcesses(url: string, writers: readonly string[], commits: number): Promise<Report[]> {
  const running = writers.map((writer) =>
    promisify(execFile)(process.execPath, [script, url, writer, String(commits)]),
  );
  await Promise.all(
    running.map(({ child }) => Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')])),
  );
  for (const { child } of running) child.stdin?.end();
  const printed = await Promise.all(running);
  return printed.map(({ stdout }) => JSON.parse(stdout.replace('ready', '')) as Report);
}

/** Every version once, every link and seal right: the commands that are there, by the version they end at. */
async function commandsByVersion(log: EventLog, timeline: TimelineRecord): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  let head = genesisHead();
  for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0 })) {
    head = checkCommit(head, commit);
    found.set(head.version, commit.events.at(-1)?.commandId ?? '');
  }
  assert.deepEqual(head, (await log.confirm(timeline.timelineId, [])).head);
  return found;
}

describe('several processes on one timeline', () => {
  let database: TestDatabase;
  let log: EventLog;

  beforeEach(async () => {
    database = await createMigratedDatabase();
    log = await openPostgresLog({ url: database.url, poolMax: 3, applicationName: 'test', appendTimeoutMs: 5_000 });
  });

  afterEach(async () => {
    await log.close();
    await database.drop();
  });

  test('lose nothing that was acknowledged and write nothing twice', async () => {
    const timeline = await createTimeline(log);
    const commits = 150;
    const reports = await appendFromProcesses(database.url, ['one', 'two', 'three'], commits);
    const found = await commandsByVersion(log, timeline);
    const acknowledged = reports.flatMap((report) => report.acknowledged);
    assert.equal(found.size, 1 + acknowledged.length);
    assert.equal(acknowledged.length, 3 * commits);
    for (const { commandId, version } of acknowledged) assert.equal(found.get(version), commandId);
    const collisions = reports.reduce((sum, { lost }) => sum + lost, 0);
    assert.ok(collisions >= 2, 'the processes never met, so this proved nothing');
  });
});

describe('a server that dies', () => {
  test('comes back with all that was acknowledged, and the log goes on by itself', async () => {
    const server = await startTestPostgres();
    try {
      await migrate(server.url);
      const log = await openPostgresLog({
        url: server.url,
        poolMax: 3,
        applicationName: 'test',
        appendTimeoutMs: 5_000,
      });
      const timeline = await createTimeline(log);
      let { head } = timeline;
      for (let death = 0; death < 2; death += 1) {
        head = await appended(log.append(appendRequest(timeline.timelineId, head, { events: proposedEvents(20) })));
        const pid = server.pid();
        assert.ok(pid !== undefined);
        process.kill(pid, 'SIGQUIT');
        await untilAnswered(async () => assert.ok(server.pid() !== undefined && server.pid() !== pid));
        assert.deepEqual(await untilAnswered(async () => (await log.confirm(timeline.timelineId, [])).head), head);
      }
      assert.equal((await commandsByVersion(log, timeline)).size, 3);
      await log.close();
    } finally {
      await server.stop();
    }
  });
});

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
