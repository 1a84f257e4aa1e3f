import type { FastifyInstance } from 'fastify';
import type { OperationId } from '../access/table.js';
import { ProblemError } from '../problems/problem-error.js';
import { clientOf } from './client.js';
import type { SharedRates } from './shared-rates.js';

/** Routes that cost more than a look at one row: pages of the log and of lists, past states, proofs, archives. */
const COSTLY = new Set<string | undefined>([
  'CompareTimelines',
  'ExportArchive',
  'FindStrayRows',
  'GetBalanceSeries',
  'GetLineage',
  'GetPastAgent',
  'GetPastMarket',
  'GetPriceSeries',
  'GetState',
  'GetStep',
  'ListAgents',
  'ListAudit',
  'ListDocuments',
  'ListEvents',
  'ListLabels',
  'ListMarkets',
  'ListPayouts',
  'ListSnapshots',
  'ListTimelines',
  'ListWorldEvents',
  'StreamEvents',
  'VerifyTimeline',
] satisfies OperationId[]);

/** Costly requests of each client; must stand behind the guard, which knows who asks. */
export function limitCostly(server: FastifyInstance, rates: SharedRates): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const isOver = COSTLY.has(request.routeConfig.operationId) && !rates.take(`costly ${clientOf(request)}`);
    done(isOver ? new ProblemError('too-many-requests', OVER) : undefined);
  });
  server.addHook('onClose', (_server, done) => {
    rates.close();
    done();
  });
}

const OVER = 'More requests of those that cost much than may be in a second; ask again.';
