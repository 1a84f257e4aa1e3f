import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '#settings';
import type { Access } from '../access/access.js';
import { audit } from '../access/audit.js';
import { guard } from '../access/gate.js';
import type { Boot } from '../boot.js';
import { refuseConnection } from '../limits/connections.js';
import { giveHeaders } from '../limits/answer-headers.js';
import { limitHandlers } from '../limits/handler-limit.js';
import { limitCostly } from '../limits/costly.js';
import { refuseForeignPages } from '../limits/own-pages.js';
import { refuseUnderPressure } from '../limits/pressure.js';
import { limitBadKeys, limitRates } from '../limits/rates.js';
import type { SharedRates } from '../limits/shared-rates.js';
import { dropUnreadBodies } from '../limits/unread-bodies.js';
import type { Metrics } from '../metrics/metrics.js';
import { ProblemError } from '../problems/problem-error.js';
import { sendProblem } from '../problems/problem-filter.js';
import { problemOf } from '../problems/problem-of.js';
import { readArchiveBodies } from './archive-body.js';
import { receiveBodies } from './body-arrival.js';
import { limitArrival } from './arrival-limit.js';
import { readJsonBodies } from './json-body.js';
import { closeWhenLeaving } from './leaving.js';
import { passOverExpectations, refuseWithoutHost } from './own-refusals.js';
import { keepOrder } from './pipelining.js';
import { boundBodies } from './route-bodies.js';
import type { RouteTable } from './route-table.js';

/** What one request may be; all of it is the server's, not a timeline's. */
const LIMITS = {
  /** A request must have arrived whole by then, but for an archive; looked at this often. */
  requestTimeoutMs: 60_000,
  requestTimeoutEveryMs: 5_000,
  /** A socket on which nothing moves is closed; streams have their heartbeat. */
  idleSocketMs: 120_000,
  keepAliveMs: 72_000,
  /** Above any id, so that an id that is too long is named as a field. */
  paramLengthMax: 1_024,
};

export function createServer({ trustedProxies }: Settings): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    // From anybody else X-Forwarded-For is words.
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // Node's limit would hold for archives too: see `limitArrival`. Header fields have their own, of a minute.
    requestTimeout: 0,
    connectionTimeout: LIMITS.idleSocketMs,
    keepAliveTimeout: LIMITS.keepAliveMs,
    return503OnClosing: false,
    routerOptions: { maxParamLength: LIMITS.paramLengthMax },
    genReqId: traceIdOf,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      // No hook has seen it, so nothing would end what still comes of its body.
      void reply.header('connection', 'close');
      sendProblem(reply, problemOf(error), request.id);
    },
    clientErrorHandler: refuseSocket,
    skipMiddie: true,
  });
}

/** Time beyond a command's deadline in which its reply is made, ms. */
const REPLY_MS = 1_000;

/** What the hooks of a server are about. */
interface ServerParts {
  readonly settings: Settings;
  readonly boot: Boot;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly routes: RouteTable;
  /** Null: requests a second are not limited. */
  readonly rates: SharedRates | null;
  /** The same of those that cost much. */
  readonly costlyRates: SharedRates | null;
}

/** Everything that must stand before the first route is registered. */
export function prepareServer(server: FastifyInstance, parts: ServerParts): void {
  const { settings, boot, access, metrics, routes, rates, costlyRates } = parts;
  routes.listenTo(server);
  passOverExpectations(server.server);
  giveHeaders(server);
  keepOrder(server);
  refuseUnderPressure(server, settings.eventLoopDelayMaxMs);
  refuseWithoutHost(server);
  closeWhenLeaving(server, boot);
  if (!access.isProtected) refuseForeignPages(server, settings);
  boundBodies(server, settings);
  receiveBodies(server);
  readJsonBodies(server);
  dropUnreadBodies(server);
  readArchiveBodies(server);
  limitArrival(server, {
    limitMs: LIMITS.requestTimeoutMs,
    everyMs: LIMITS.requestTimeoutEveryMs,
    refuse: refuseSocket,
  });
  server.addHook('onRequest', (request, _reply, done) => {
    done(request.routeConfig.isApi === true ? notAnswering(boot) : undefined);
  });
  limitBadKeys(server, access.isProtected ? settings.badKeysPerMinuteMax : 0);
  routes.refuseUnknown(server);
  guard(server, access);
  if (rates !== null) limitRates(server, rates);
  if (costlyRates !== null) limitCostly(server, costlyRates);
  limitHandlers(server, Math.max(settings.handlerTimeoutMs, settings.commandDeadlineMs + REPLY_MS));
  audit(server, boot);
  server.addHook('onResponse', (request, reply, done) => {
    metrics.observeRequest({ method: request.method, status: reply.statusCode, ms: reply.elapsedTime });
    done();
  });
}

function notAnswering({ phase }: Boot): ProblemError | undefined {
  switch (phase) {
    case 'ready':
      return undefined;
    case 'starting':
      return new ProblemError('starting', 'The server is starting; ask again in a moment.');
    case 'draining':
      return new ProblemError('draining', 'The server is stopping.');
    case 'failed':
      return new ProblemError('failed', 'The server could not start, and does not try again.');
  }
}

const TRACEPARENT = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace (W3C Trace Context) where it has one, so that its log and ours can be joined. */
function traceIdOf({ headers }: { readonly headers: IncomingMessage['headers'] }): string {
  const { traceparent } = headers;
  return (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)?.[1]) || randomUUID();
}

/** What cannot be read as HTTP has no request to reply to, only a socket. */
function refuseSocket(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  refuseConnection(socket, problemOf({ statusCode: status }));
}
