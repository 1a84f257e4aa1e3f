import type { EventLog, TimelineRecord } from '#event-log';

const pageSize = 1_000;

/** All timelines of a log, in order of name. @throws LogUnavailable */
export async function listTimelines(log: EventLog): Promise<readonly TimelineRecord[]> {
  const timelines: TimelineRecord[] = [];
  for (;;) {
    const page = await log.listTimelines({ afterName: timelines.at(-1)?.name ?? null, limit: pageSize });
    timelines.push(...page);
    if (page.length < pageSize) return timelines;
  }
}
