import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { EventLog, TimelineRecord } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import { openTestApi, type TestApi } from './api.js';

let api: TestApi;
let databaseUrl = '';
let log: EventLog;

beforeAll(async () => {
  api = await openTestApi({}, {}, (url) => {
    databaseUrl = url;
    return Promise.resolve(url);
  });
  log = await openPostgresLog({ url: databaseUrl, poolMax: 2, applicationName: 'newer', appendTimeoutMs: 5_000 });
});

afterAll(async () => {
  await log.close();
  await api.stop();
});

async function recordOf(timeline: string): Promise<TimelineRecord> {
  const record = await log.findTimeline(timeline);
  if (record === undefined) throw new Error(`no timeline ${timeline}`);
  return record;
}

/** What another build might have appended: the chain is right, and this build knows nothing of it. */
async function appendAsIs(
  timeline: string,
  event: { readonly type: string; readonly schemaVersion?: number; readonly data?: object },
): Promise<number> {
  const { timelineId, head, last } = await recordOf(timeline);
  const { type, schemaVersion = 1, data = {} } = event;
  const stored = { type, schemaVersion, atMs: last.atMs, commandId: randomUUID(), actor: 'newer' };
  const events = [{ ...stored, data: JSON.stringify(data) }];
  const request = { timelineId, expected: head, events, keys: [], recordedAtMs: 0, writer: 'newer' };
  expect((await log.append(request)).status).toBe('appended');
  return head.version + 1;
}

/** Everywhere that shows that a timeline stopped, and that the process and the other timelines have not. */
async function expectStopped(timeline: string, version: number, reason: RegExp): Promise<void> {
  for (const [method, path, body] of [
    ['GET', 'agents', undefined],
    ['POST', 'agents', { agentId: 'late' }],
    ['GET', 'state', undefined],
  ] as const) {
    const refused = await api.call(method, `/v1/timelines/${timeline}/${path}`, body);
    expect([path, refused.status, refused.body.code]).toEqual([path, 503, 'timeline-stopped']);
    expect(refused.body.detail).toContain(`version ${version};`);
    expect(refused.headers.get('retry-after')).toBe('30');
  }
  const stopped = { timeline, version, reason: expect.stringMatching(reason) };
  const health = await api.get('/health');
  expect([health.status, health.body.status]).toEqual([200, 'degraded']);
  expect(health.body.stoppedTimelines).toContainEqual(stopped);
  const ready = await api.get('/health/ready');
  expect([ready.status, ready.body.status]).toEqual([200, 'healthy']);
  expect(Object.keys(ready.body)).toEqual(['status', 'timestamp', 'database', 'version']);
  const status = await api.get('/v1/admin/status');
  const shown = status.body.timelines.find(({ name }: { name: string }) => name === timeline);
  expect(shown).toMatchObject({ version: version - 1, stopped: { version, reason: stopped.reason } });
  expect((await api.get('/metrics')).text).toContain(`seed_timeline_stopped{timeline="${timeline}"} 1`);
  const other = `${timeline}-other`;
  await api.createVirtual(other);
  expect((await api.post(`/v1/timelines/${other}/agents`, { agentId: 'ann', deposit: '5' })).status).toBe(201);
  expect((await api.get('/v1/admin/status')).body.timelines).toContainEqual(
    expect.objectContaining({ name: other, stopped: null }),
  );
}

test('health has four keys while nothing is stopped', async () => {
  const { body } = await api.get('/health');
  expect(Object.keys(body)).toEqual(['status', 'timestamp', 'database', 'version']);
  expect(body.status).toBe('healthy');
});

describe('a timeline stops at its position, and the others go on,', () => {
  test('at an event of a type that this build does not know, under the live state', async () => {
    await api.createVirtual('TYPE');
    expect((await api.post('/v1/timelines/TYPE/agents', { agentId: 'ann', deposit: '5' })).status).toBe(201);
    const version = await appendAsIs('TYPE', { type: 'FundsBurnt' });
    await expectStopped('TYPE', version, /FundsBurnt of schema version 1 is unknown to this build/);
  });

  test('at a newer shape of an event, before it was ever loaded', async () => {
    await api.createVirtual('SHAPE');
    const version = await appendAsIs('SHAPE', { type: 'AgentRegistered', schemaVersion: 2, data: { agentId: 'x' } });
    await expectStopped('SHAPE', version, /AgentRegistered of schema version 2 is unknown to this build/);
  });

  test('at an event that breaks the rules of the economy', async () => {
    await api.createVirtual('RULES');
    expect((await api.post('/v1/timelines/RULES/agents', { agentId: 'ann', deposit: '5' })).status).toBe(201);
    const version = await appendAsIs('RULES', { type: 'FundsWithdrawn', data: { agentId: 'ann', amount: '5000001' } });
    await expectStopped('RULES', version, /FundsWithdrawn, cannot be evolved: agent:ann:available would be -1 micro/);
  });

  test('at a rule that this build does not have', async () => {
    await api.createVirtual('RULE');
    const data = { rule: 'integral-9', throughMs: 0, integral: '0', total: '0' };
    const version = await appendAsIs('RULE', { type: 'YieldDistributed', data });
    await expectStopped('RULE', version, /unknown yield rule integral-9/);
  });

  test('at an event that was changed in the database', async () => {
    await api.createVirtual('EDITED');
    const { timelineId } = await recordOf('EDITED');
    const owner = new Client({ connectionString: databaseUrl });
    await owner.connect();
    try {
      await owner.query('set session_replication_role = replica');
      await owner.query(`update event set actor = 'nobody' where timeline_id = ${timelineId} and version = 1`);
    } finally {
      await owner.end();
    }
    await expectStopped('EDITED', 1, /the event at version 1 was changed/);
  });
});
