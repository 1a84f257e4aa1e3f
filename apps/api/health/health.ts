import { CLOCK_DIFFERENCE_MAX_MS } from '#runtime';
import type { Boot } from '../boot.js';
import { RELEASE } from '../release.js';

export type HealthStatus = 'healthy' | 'degraded' | 'starting' | 'draining' | 'unhealthy';

/** What the health routes show: these four keys and no more. */
export interface HealthView {
  readonly status: HealthStatus;
  readonly timestamp: string;
  readonly database: 'ok' | 'unavailable';
  readonly version: string;
}

export const healthView = (boot: Boot): HealthView => ({
  status: healthOf(boot).status,
  timestamp: new Date().toISOString(),
  database: boot.databaseAvailable() ? 'ok' : 'unavailable',
  version: RELEASE,
});

/** How the process is, and whether it answers requests. */
export function healthOf(boot: Boot): { readonly status: HealthStatus; readonly ready: boolean } {
  switch (boot.phase) {
    case 'starting':
    case 'draining':
      return { status: boot.phase, ready: false };
    case 'failed':
      return { status: 'unhealthy', ready: false };
    case 'ready':
      return readyHealth(boot);
  }
}

function readyHealth({ runtime }: Boot): { readonly status: HealthStatus; readonly ready: boolean } {
  const { databaseAvailable, clockDifferenceMs } = runtime.status();
  const mayWrite = Math.abs(clockDifferenceMs) <= CLOCK_DIFFERENCE_MAX_MS;
  return { status: databaseAvailable && mayWrite ? 'healthy' : 'degraded', ready: databaseAvailable };
}
