import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { clientOf } from './client.js';
import type { SharedRates } from './shared-rates.js';

const MINUTE_MS = 60_000;
/** Addresses whose bad keys are counted; the oldest are forgotten first. */
const ADDRESSES_MAX = 10_000;

/** Requests of each client; must stand behind the gate, which knows who asks. */
export function limitRates(server: FastifyInstance, rates: SharedRates): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const isOver = request.url.startsWith('/v1') && !rates.take(clientOf(request));
    done(
      isOver ? new ProblemError('too-many-requests', 'More requests than may be in a second; ask again.') : undefined,
    );
  });
  server.addHook('onClose', (_server, done) => {
    rates.close();
    done();
  });
}

/** Bad keys of each address in a minute, counted by each process; must stand before the gate. */
export function limitBadKeys(server: FastifyInstance, perMinute: number): void {
  if (perMinute === 0) return;
  const failures = new Map<string, { count: number; readonly sinceMs: number }>();
  const isOver = (ip: string): boolean => {
    const failed = failures.get(ip);
    if (failed === undefined) return false;
    if (performance.now() - failed.sinceMs < MINUTE_MS) return failed.count >= perMinute;
    failures.delete(ip);
    return false;
  };
  server.addHook('onRequest', ({ ip, url }, _reply, done) => {
    const refused = url.startsWith('/v1') && isOver(ip);
    done(refused ? new ProblemError('too-many-requests', BAD_KEYS, { headers: { 'retry-after': '60' } }) : undefined);
  });
  server.addHook('onResponse', ({ ip }, { statusCode }, done) => {
    if (statusCode === 401) {
      const failed = failures.get(ip);
      if (failed !== undefined) failed.count += 1;
      else failures.set(ip, { count: 1, sinceMs: performance.now() });
      const [oldest] = failures.keys();
      if (failures.size > ADDRESSES_MAX && oldest !== undefined) failures.delete(oldest);
    }
    done();
  });
}

const BAD_KEYS = 'Too many requests without a valid key came from this address.';
