import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

const LOOKED_AT_EVERY_MS = 500;
const RESOLUTION_MS = 20;

/**
 * Where turns of the event loop have come late by more than that in the median of half a second, twice in a row, requests for
 * timelines are refused before they cost anything. Health and metrics are answered still.
 */
export function refuseUnderPressure(server: FastifyInstance, eventLoopDelayMaxMs: number): void {
  if (eventLoopDelayMaxMs === 0) return;
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let isLate = false;
  let wasLate = false;
  const timer = setInterval(() => {
    const isLateNow = histogram.percentile(50) / 1_000_000 > eventLoopDelayMaxMs;
    // One turn that took long, as at the start, is all that there is of its half second.
    isLate = isLateNow && wasLate;
    wasLate = isLateNow;
    histogram.reset();
  }, LOOKED_AT_EVERY_MS);
  timer.unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    histogram.disable();
    done();
  });
  server.addHook('onRequest', ({ routeConfig }, _reply, done) => {
    const refused = isLate && routeConfig.isApi === true;
    done(refused ? new ProblemError('overloaded', 'The process has more to do than it can; ask again.') : undefined);
  });
}
