import type { EventLog, TimelineRecord } from '#event-log';
import { TimelineUnknown, type Lineage } from './contract.js';

const FORKS_SHOWN_MAX = 1_000;

/** The timeline as the log has it now, loaded or not. @throws TimelineUnknown */
export async function recordOf(log: EventLog, name: string): Promise<TimelineRecord> {
  const record = await log.findTimeline(name);
  if (record === undefined) throw new TimelineUnknown(`there is no timeline ${name}`);
  return record;
}

/** Where a timeline comes from, step by step, and what was forked from it. */
export async function lineageOf(log: EventLog, name: string): Promise<Lineage> {
  const record = await recordOf(log, name);
  const ancestors = await ancestorsOf(log, record);
  return { timeline: name, ancestors, forks: await log.listForks(record.timelineId, FORKS_SHOWN_MAX) };
}

/** The parent first, the root last: those too of which the log shows nothing, for a fork from below their first version. */
export async function ancestorsOf(log: EventLog, record: TimelineRecord): Promise<Lineage['ancestors']> {
  const ancestors: { timeline: string; forkVersion: number }[] = [];
  for (let { parent } = record; parent !== null; parent = (await recordOf(log, parent.name)).parent) {
    ancestors.push({ timeline: parent.name, forkVersion: parent.forkVersion });
  }
  return ancestors;
}

/**
 * How often a timeline and those that it stands on were rebuilt, all together: each of them may have mended a snapshot that
 * its past states are folded from.
 */
export async function rebuildsOf(log: EventLog, { rebuilds: own, parent }: TimelineRecord): Promise<number> {
  return parent === null ? own : own + (await rebuildsOf(log, await recordOf(log, parent.name)));
}
