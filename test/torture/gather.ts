import { writeFile } from 'node:fs/promises';
import type { EventLog, KeyDigest, TimelineRecord } from '#event-log';
import { verifyTimeline } from '#proof';
import { filesOf, type SeenHash, type TimelineFacts } from './check/evidence.js';
import { LineFile } from './history.js';
import type { Arena } from './arena.js';

const PAGE = 10_000;

/**
 * Writes down what the log has of a timeline and what each server shows of it, while nobody writes: the checker needs
 * nothing but these files.
 */
export async function gather(
  { members, connection }: Arena,
  {
    log,
    folder,
    timeline,
    clock,
  }: {
    readonly log: EventLog;
    readonly folder: string;
    readonly timeline: string;
    readonly clock: TimelineFacts['clock'];
  },
): Promise<void> {
  const record = await log.findTimeline(timeline);
  if (record === undefined) throw new Error(`timeline ${timeline} is not there`);
  const files = filesOf(folder, timeline);
  const verification = await verifyTimeline(log, timeline);
  const bad = verification?.firstViolation;
  const broken = bad == null ? [] : [`${bad.kind} at ${bad.version} of ${bad.timeline}: ${bad.detail}`];
  const hashes: SeenHash[] = [];
  for (const [index, { url, starts }] of members.entries()) {
    const { status, body } = await connection.send(`${url}/v1/timelines/${timeline}/state`, { method: 'GET' });
    if (status !== 200) {
      broken.push(`server ${index} does not show the state: ${status} ${body}`);
      continue;
    }
    const { version, stateHash } = JSON.parse(body) as { version: number; stateHash: string };
    hashes.push({ from: `server ${index} in its life ${starts}`, version, stateHash });
  }
  if (verification?.stateHash != null) {
    hashes.push({ from: 'the prover', version: verification.version, stateHash: verification.stateHash });
  }
  const facts: TimelineFacts = {
    timeline,
    clock,
    violation: broken[0] ?? null,
    hashes,
  };
  await writeFile(files.facts, JSON.stringify(facts));
  await writeEvents(log, record, files.events);
  await writeKeys(log, record, files.keys);
}

async function writeEvents(log: EventLog, { timelineId }: TimelineRecord, path: string): Promise<void> {
  const file = new LineFile(path);
  for await (const { commit, events } of log.readCommits({ timelineId, afterVersion: 0 })) {
    for (const event of events) {
      const sealed = event.version === commit.lastVersion ? { ...event, sealedBy: commit.hash } : event;
      await file.write(sealed);
    }
  }
  await file.close();
}

async function writeKeys(log: EventLog, { timelineId, head }: TimelineRecord, path: string): Promise<void> {
  const file = new LineFile(path);
  let afterDigest: KeyDigest | null = null;
  for (;;) {
    const keys: Awaited<ReturnType<EventLog['listKeys']>> = await log.listKeys({
      timelineId,
      toVersion: head.version,
      afterDigest,
      limit: PAGE,
    });
    for (const { digest, firstVersion, lastVersion } of keys) await file.write({ digest, firstVersion, lastVersion });
    if (keys.length < PAGE) break;
    afterDigest = keys.at(-1)?.digest ?? null;
  }
  await file.close();
}
