import type { TimelineRecord } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';

const pageSize = 1_000;

/** All timelines of a migrated database, in order of name. @throws LogUnavailable */
export async function listTimelines(url: string): Promise<readonly TimelineRecord[]> {
  const log = await openPostgresLog({ url, poolMax: 1, applicationName: 'seed admin', appendTimeoutMs: 5_000 });
  try {
    const timelines: TimelineRecord[] = [];
    for (;;) {
      const page = await log.listTimelines({ afterName: timelines.at(-1)?.name ?? null, limit: pageSize });
      timelines.push(...page);
      if (page.length < pageSize) return timelines;
    }
  } finally {
    await log.close();
  }
}
