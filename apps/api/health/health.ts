import { CLOCK_DIFFERENCE_MAX_MS } from '#runtime';
import type { Boot } from '../boot.js';
import { BUILD } from '#settings';

type HealthStatus = 'healthy' | 'degraded' | 'starting' | 'draining' | 'unhealthy';

/** What `/health/ready` shows: these four keys and no more. */
export interface ReadinessView {
  readonly status: HealthStatus;
  readonly timestamp: string;
  readonly database: 'ok' | 'unavailable';
  readonly version: string;
}

/** What `/health` shows: more keys where there is something to show. */
export interface HealthView extends ReadinessView {
  /** How many timelines this process cannot go on with; the others are served. */
  readonly stopped?: number;
  /** Those of them that whoever asks may read, and from where; a reason may name ids and amounts. */
  readonly stoppedTimelines?: readonly StoppedTimeline[];
}

interface StoppedTimeline {
  readonly timeline: string;
  /** Position of the event that cannot be read. */
  readonly version: number;
  readonly reason: string;
}

/** The process and its timelines: one that cannot be gone on with leaves a healthy process degraded. */
export function healthView(boot: Boot, mayRead: (timeline: string) => boolean): HealthView {
  const view = readinessView(boot);
  const all = stoppedOf(boot);
  if (all.length === 0) return view;
  const stoppedTimelines = all.filter(({ timeline }) => mayRead(timeline));
  return {
    ...view,
    status: view.status === 'healthy' ? 'degraded' : view.status,
    stopped: all.length,
    ...(stoppedTimelines.length > 0 && { stoppedTimelines }),
  };
}

const stoppedOf = ({ runtimeOrNull }: Boot): readonly StoppedTimeline[] =>
  (runtimeOrNull?.status().timelines ?? []).flatMap(({ name, stopped }) =>
    stopped === null ? [] : [{ timeline: name, ...stopped }],
  );

/** The process alone: other timelines are no reason to send it no requests. */
export const readinessView = (boot: Boot): ReadinessView => ({
  status: healthOf(boot).status,
  timestamp: new Date().toISOString(),
  database: boot.databaseAvailable() ? 'ok' : 'unavailable',
  version: BUILD.version,
});

/** How the process is, and what it answers. */
interface ProcessHealth {
  readonly status: HealthStatus;
  /** Whether it answers all requests. */
  readonly ready: boolean;
  /** Whether it answers reads, be it from what it knew when the database went away. */
  readonly readyForReads: boolean;
}

const notReady = (status: HealthStatus): ProcessHealth => ({ status, ready: false, readyForReads: false });

export function healthOf(boot: Boot): ProcessHealth {
  switch (boot.phase) {
    case 'starting':
    case 'draining':
      return notReady(boot.phase);
    case 'failed':
      return notReady('unhealthy');
    case 'ready':
      if (boot.isLeaving) return notReady('draining');
      return boot.waitsForOthers ? notReady('starting') : readyHealth(boot);
  }
}

function readyHealth({ runtime }: Boot): ProcessHealth {
  const { databaseAvailable, databaseReadOnly, clockDifferenceMs } = runtime.status();
  const ready = databaseAvailable && !databaseReadOnly;
  const mayWrite = Math.abs(clockDifferenceMs) <= CLOCK_DIFFERENCE_MAX_MS;
  return { status: ready && mayWrite ? 'healthy' : 'degraded', ready, readyForReads: true };
}
