import { randomUUID } from 'node:crypto';
import { openSeed, WITHOUT_SNAPSHOTS } from './open-seed.js';

/** One start of a timeline in a runtime that has just been opened. */
export interface Start {
  /** From the first request to its answer. */
  readonly ms: number;
  readonly version: number;
  /** 0: the whole log was folded. */
  readonly snapshotVersion: number;
  readonly stateHash: string;
}

/** Loads a timeline as a process does that has just started; `whole` passes over all snapshots. */
export async function startTimeline(
  url: string,
  { timeline, whole }: { readonly timeline: string; readonly whole: boolean },
): Promise<Start> {
  let snapshotVersion = -1;
  const reports = { loaded: (loaded: { readonly snapshotVersion: number }) => ({ snapshotVersion } = loaded) };
  const seed = await openSeed(url, {
    ...WITHOUT_SNAPSHOTS,
    reports,
    ...(whole && { reducer: `bench ${randomUUID()}` }),
  });
  try {
    // The first connection is made before: a start is measured, not the server's fork of a process.
    await seed.log.databaseTimeMs();
    const startMs = performance.now();
    const version = await seed.runtime.read(timeline, {}, (live) => live.version);
    const ms = performance.now() - startMs;
    const hashOf = seed.runtime.stateHash.bind(seed.runtime);
    const stateHash = await seed.runtime.readPinned(timeline, {}, ({ state }) => hashOf(state));
    return { ms, version, snapshotVersion, stateHash };
  } finally {
    await seed.close();
  }
}
