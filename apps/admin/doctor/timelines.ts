import { TimelineStopped } from '#runtime';
import { listTimelines } from '../database/list-timelines.js';
import type { Database } from '../database/open-database.js';
import { withRuntime } from '../desk/open-desk.js';
import { failureOf } from '../failure.js';
import type { StoppedTimeline } from '../server/find-server.js';
import type { Session } from '../session.js';
import { fail, ok, warn, type Check } from './check.js';

const lookMaxMs = 20_000;

const advice = 'Run the build that wrote that event, or seed verify to find out what was altered; the others go on.';

/** Timelines that the server cannot go on with. */
export function stoppedCheck(stopped: readonly StoppedTimeline[] = [], count = stopped.length): Check {
  if (count === 0) return ok('timelines', 'none is stopped');
  const named = stopped.map(({ timeline, version, reason }) => `${timeline} at version ${version} (${reason})`);
  if (stopped.length < count) named.push(`${count - stopped.length} that only a key for them is told of`);
  return fail('timelines', `stopped: ${named.join('; ')}`, advice);
}

/** Loads the timelines one after the other, as a server would, for some seconds at most. */
export async function checkTimelines(session: Session, database: Database): Promise<Check> {
  return withRuntime(session, database, async ({ runtime, log }) => {
    const timelines = await listTimelines(log);
    const stopped: StoppedTimeline[] = [];
    const deadlineMs = performance.now() + lookMaxMs;
    for (const [i, { name }] of timelines.entries()) {
      if (performance.now() > deadlineMs) {
        return warn(
          'timelines',
          `${i} of ${timelines.length} were read`,
          'Start the server for the rest: it tells of each one it stops.',
        );
      }
      await runtime
        .read(name, {}, () => undefined)
        .catch((error: unknown) => {
          if (error instanceof TimelineStopped)
            stopped.push({ timeline: name, version: error.version, reason: error.message });
          else if (failureOf(error)?.code !== 'timeline-unknown') throw error;
        });
    }
    return stopped.length === 0
      ? ok('timelines', `${timelines.length} were read, none is stopped`)
      : stoppedCheck(stopped);
  });
}
