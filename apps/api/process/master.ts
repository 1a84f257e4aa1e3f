import { MASTER } from '#presentation';
import { MemoryShort, TimelineStopped, TimelineUnknown, type Runtime } from '#runtime';
import { BootFailure } from './boot-failure.js';
import { tryAgain, type Attempts } from './try-again.js';

/**
 * Folds the master timeline, and creates it first where it is missing. One whose log this build cannot read is left
 * alone, as the runtime has reported it, and so is one for which there is no memory: the other timelines go on.
 */
export async function openMaster(runtime: Runtime, attempts: Attempts): Promise<void> {
  try {
    await tryAgain(() => fold(runtime).catch((error: unknown) => createIfMissing(runtime, error)), attempts);
  } catch (error) {
    if (!(error instanceof TimelineStopped) && !(error instanceof MemoryShort)) throw error;
  }
}

function fold(runtime: Runtime): Promise<void> {
  return runtime.read(MASTER, {}, () => undefined);
}

/** Several processes may start at once: whoever comes second finds the name taken, which is as good. */
async function createIfMissing(runtime: Runtime, error: unknown): Promise<void> {
  if (!(error instanceof TimelineUnknown)) throw error;
  const outcome = await runtime.createTimeline({
    name: MASTER,
    commands: [{ type: 'CreateTimeline', clock: 'wall' }],
    actor: 'system',
    key: null,
  });
  if (outcome.status !== 'accepted' && outcome.status !== 'name-taken') {
    throw new BootFailure(`The timeline ${MASTER} cannot be created: ${outcome.status}.`);
  }
  await fold(runtime);
}
