import { createHash } from 'node:crypto';
import { canonicalText, evolve, readStoredEvent, State } from '#domain';
import type { EventLog, RecordedEvent } from '#event-log';
import { openRuntime } from '#runtime';
import { runtimeOptions } from '../runtime/harness.js';
import type { FrozenLog } from './archive-lines.js';
import { fixedClock, openFixedLog } from './fixed-log.js';
import type { Recipe } from './recipes.js';

/** What a frozen log must come to for ever: by timeline, the state hash at some versions, the head's among them. */
export type FrozenHashes = Readonly<
  Record<string, { readonly chainHash: string; readonly stateHashes: Readonly<Record<number, string>> }>
>;

/** The logs that a recipe comes to, each timeline by itself. */
export async function cook(recipe: Recipe): Promise<readonly FrozenLog[]> {
  const log = openFixedLog();
  const runtime = await openRuntime(runtimeOptions(log, { processClock: fixedClock }));
  try {
    await recipe(runtime);
  } finally {
    await runtime.drain();
  }
  const timelines = await log.listTimelines({ afterName: null, limit: 100 });
  return Promise.all(
    timelines.map(async ({ timelineId, name, parent, genesisHash, head, createdAtMs }) => ({
      name,
      parent: parent && { name: parent.name, forkVersion: parent.forkVersion },
      ...{ genesisHash, head, createdAtMs },
      commits: await commitsOf(log, { timelineId, afterVersion: parent?.forkVersion ?? 0 }),
    })),
  );
}

async function commitsOf(log: EventLog, own: Parameters<EventLog['readCommits']>[0]) {
  const commits: FrozenLog['commits'][number][] = [];
  for await (const { commit, events } of log.readCommits(own)) commits.push({ commit, events });
  return commits;
}

/** Versions at which the state is hashed besides the head. */
const HASHED_EVERY = 50;

/** What frozen logs come to now. */
export const hashesOf = (logs: readonly FrozenLog[]): FrozenHashes =>
  Object.fromEntries(
    logs.map((log) => {
      const isHashed = (version: number) => version % HASHED_EVERY === 0 || version === log.head.version;
      return [log.name, { chainHash: log.head.hash, stateHashes: stateHashes(eventsOf(log, logs), isHashed) }];
    }),
  );

/** All events of a timeline, its ancestry's first. */
function eventsOf(log: FrozenLog, logs: readonly FrozenLog[]): readonly RecordedEvent[] {
  const own = log.commits.flatMap(({ events }) => events);
  const { parent } = log;
  if (parent === null) return own;
  const parentLog = logs.find(({ name }) => name === parent.name);
  if (parentLog === undefined) throw new Error(`no timeline ${parent.name}`);
  return [...eventsOf(parentLog, logs).slice(0, parent.forkVersion), ...own];
}

function stateHashes(events: readonly RecordedEvent[], isHashed: (version: number) => boolean): Record<number, string> {
  const state = new State();
  const hashes: Record<number, string> = {};
  for (const event of events) {
    const read = readStoredEvent(event);
    if (read.kind === 'unreadable') throw new Error(`version ${event.version}: ${read.reason}`);
    evolve(state, read.event, { version: event.version, atMs: event.atMs });
    if (isHashed(event.version)) hashes[event.version] = hashOf(state);
  }
  return hashes;
}

function hashOf(state: State): string {
  const hash = createHash('sha256');
  for (const piece of canonicalText(state)) hash.update(piece);
  return hash.digest('hex');
}
