import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { addressOf, clientOf } from './client.js';
import type { SharedRates } from './shared-rates.js';

const MINUTE_MS = 60_000;
/** Addresses whose bad keys are counted; the oldest are forgotten first. */
const ADDRESSES_MAX = 10_000;

/** Requests of each client; must stand behind the gate, which knows who asks. */
export function limitRates(server: FastifyInstance, rates: SharedRates): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const isOver = request.routeConfig.isApi === true && !rates.take(clientOf(request));
    done(
      isOver ? new ProblemError('too-many-requests', 'More requests than may be in a second; ask again.') : undefined,
    );
  });
  server.addHook('onClose', (_server, done) => {
    rates.close();
    done();
  });
}

/** Bad keys and unknown routes of each address in a minute, counted by each process; must stand before the gate. */
export function limitBadKeys(server: FastifyInstance, perMinute: number): void {
  if (perMinute === 0) return;
  const failures = new Map<string, { count: number; readonly sinceMs: number }>();
  const isOver = (address: string): boolean => {
    const failed = failures.get(address);
    if (failed === undefined) return false;
    if (performance.now() - failed.sinceMs < MINUTE_MS) return failed.count >= perMinute;
    failures.delete(address);
    return false;
  };
  server.addHook('onRequest', ({ ip, is404, routeConfig }, _reply, done) => {
    const refused = (is404 || routeConfig.isApi === true) && isOver(addressOf(ip));
    done(refused ? new ProblemError('too-many-requests', BAD_KEYS, { headers: { 'retry-after': '60' } }) : undefined);
  });
  server.addHook('onResponse', ({ ip, is404 }, { statusCode }, done) => {
    if (statusCode === 401 || is404) {
      const address = addressOf(ip);
      const failed = failures.get(address);
      if (failed !== undefined) failed.count += 1;
      else failures.set(address, { count: 1, sinceMs: performance.now() });
      const [oldest] = failures.keys();
      if (failures.size > ADDRESSES_MAX && oldest !== undefined) failures.delete(oldest);
    }
    done();
  });
}

const BAD_KEYS = 'Too many requests without a valid key, or for no route, came from this address.';
