import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresLog } from '#event-log-postgres';
import type { CommitWithEvents, EventLog } from '#event-log';
import { send, type Reply } from '../api/api.js';

const folders = new Set<string>();

/** An empty folder; `removeFolders` removes it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seed-archives-'));
  folders.add(folder);
  return folder;
}

/** For `afterAll`. */
export async function removeFolders(): Promise<void> {
  await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true })));
  folders.clear();
}

/** Works on the log of a database, beside whatever server it has. */
export async function withLogOf<T>(url: string, work: (log: EventLog) => Promise<T>): Promise<T> {
  const log = await openPostgresLog({ url, poolMax: 4, applicationName: 'seed test', appendTimeoutMs: 30_000 });
  return work(log).finally(() => log.close());
}

/** All commits of a timeline up to a version, its ancestry with it. */
export async function commitsOf(log: EventLog, name: string, toVersion: number): Promise<readonly CommitWithEvents[]> {
  const timeline = await log.findTimeline(name);
  if (timeline === undefined) throw new Error(`there is no timeline ${name}`);
  const commits: CommitWithEvents[] = [];
  for await (const commit of log.readCommits({ timelineId: timeline.timelineId, afterVersion: 0, toVersion })) {
    commits.push(commit);
  }
  return commits;
}

/** A reply that has to be a success. */
export async function sent(url: string, path: string, body: unknown, key?: string): Promise<Reply> {
  const reply = await send(url + path, 'POST', body, key === undefined ? {} : { 'idempotency-key': key });
  if (reply.status >= 300) throw new Error(`${path} → ${reply.status} ${reply.text}`);
  return reply;
}

/** What a server has at a path. */
export async function got(url: string, path: string): Promise<Reply['body']> {
  const { status, text, body } = await send(url + path, 'GET');
  if (status !== 200) throw new Error(`${path} → ${status} ${text}`);
  return body;
}
