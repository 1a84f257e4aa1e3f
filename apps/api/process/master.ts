import type { Logger } from 'pino';
import { TimelineStopped, type Runtime } from '#runtime';
import { BootFailure } from './boot-failure.js';
import { tryAgain, type Attempts } from './try-again.js';

/** The timeline that exists from the start, on the wall clock. */
const master = 'REALITY';

/**
 * Creates the master timeline where it is missing, and folds it. One whose log this build cannot read is reported and
 * left alone: the other timelines go on.
 */
export async function openMaster(runtime: Runtime, { log, ...attempts }: Attempts & { log: Logger }): Promise<void> {
  await tryAgain(() => createIfMissing(runtime), attempts);
  try {
    await tryAgain(() => runtime.read(master, {}, () => undefined), attempts);
  } catch (error) {
    if (!(error instanceof TimelineStopped)) throw error;
    log.error({ timeline: master, err: error }, `Timeline ${master} takes no commands: ${error.message}.`);
  }
}

/** Several processes may start at once: whoever comes second finds the name taken, which is as good. */
async function createIfMissing(runtime: Runtime): Promise<void> {
  if (await exists(runtime)) return;
  const outcome = await runtime.createTimeline({
    name: master,
    commands: [{ type: 'CreateTimeline', clock: 'wall' }],
    actor: 'system',
    key: null,
  });
  if (outcome.status !== 'accepted' && outcome.status !== 'name-taken') {
    throw new BootFailure(`The timeline ${master} cannot be created: ${outcome.status}.`);
  }
}

async function exists(runtime: Runtime): Promise<boolean> {
  const page = await runtime.listTimelines({ afterName: null, limit: 1 });
  if (page.some(({ name }) => name === master)) return true;
  const [next] = await runtime.listTimelines({ afterName: 'REALIT', limit: 1 });
  return next?.name === master;
}
