import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

const LOOKED_AT_EVERY_MS = 500;
const RESOLUTION_MS = 20;

/**
 * Where turns of the event loop have come late by more than that in the median of the last half second, requests for
 * timelines are refused before they cost anything. Health and metrics are answered still.
 */
export function refuseUnderPressure(server: FastifyInstance, eventLoopDelayMaxMs: number): void {
  if (eventLoopDelayMaxMs === 0) return;
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let isLate = false;
  const timer = setInterval(() => {
    isLate = histogram.percentile(50) / 1_000_000 > eventLoopDelayMaxMs;
    histogram.reset();
  }, LOOKED_AT_EVERY_MS);
  timer.unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    histogram.disable();
    done();
  });
  server.addHook('onRequest', ({ url }, _reply, done) => {
    const refused = isLate && url.startsWith('/v1');
    done(refused ? new ProblemError('overloaded', 'The process has more to do than it can; ask again.') : undefined);
  });
}
