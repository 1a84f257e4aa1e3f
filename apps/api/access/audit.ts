import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DONE, REASON_MAX } from '#access';
import type { NewAuditRecord } from '#event-log';
import { isName, NAME_WORDS } from '#presentation';
import type { Boot } from '../boot.js';
import { isPlainObject } from '../fields/read.js';
import { bodyOf } from '../http/json-body.js';
import { malformedInput } from '../problems/problem-error.js';
import { actorOf } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The record of the admin action that it asks for; null where it asks for none. */
    auditId: number | null;
  }
  interface FastifyReply {
    /** The code of the problem that it is, if it is one. */
    problemCode: string | null;
  }
}

/** In HTTP a header is bytes; whoever writes beyond ASCII means UTF-8. */
const REASON_HEADER = 'seed-reason';
const NAME = /^[\x20-\x7e]{1,256}$/;

/** Has every admin action recorded before it is done, and what became of it afterwards. Behind `guard`. */
export function audit(server: FastifyInstance, boot: Boot): void {
  server.decorateRequest('auditId', null);
  server.decorateReply('problemCode', null);
  server.addHook('preHandler', (request, _reply, done) => {
    if (request.routeConfig.access?.isAudited !== true) done();
    else
      record(request, boot).then(() => {
        done();
      }, done);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { auditId } = request;
    if (auditId !== null) {
      const outcome = reply.problemCode ?? (reply.raw.writableFinished ? DONE : 'cut-off');
      boot.log.access.recordOutcome(auditId, outcome).catch(() => undefined);
    }
    done();
  });
}

/** @throws ProblemError `malformed-input`, for a reason that cannot be kept; LogUnavailable, and nothing is done */
async function record(request: FastifyRequest, { log }: Boot): Promise<void> {
  request.auditId = await log.access.recordAction(recordOf(request));
}

function recordOf(request: FastifyRequest): NewAuditRecord {
  const { operationId } = request.routeConfig;
  const { value } = bodyOf(request);
  const body = isPlainObject(value) ? value : {};
  const params = request.params as Readonly<Record<string, unknown>>;
  const query = request.query as Readonly<Record<string, unknown>>;
  const isCreation = operationId === 'CreateTimeline';
  return {
    who: actorOf(request),
    keyId: request.principal?.keyId ?? null,
    action: operationId ?? '',
    target: nameIn(params['id'] ?? params['keyId'] ?? (isCreation ? undefined : body['name'])),
    timeline: nameIn(params['timeline'] ?? body['timeline'] ?? query['timeline'] ?? (isCreation ? body['name'] : null)),
    reason: reasonIn(request, body),
    traceId: request.id,
  };
}

const nameIn = (value: unknown): string | null => (typeof value === 'string' && NAME.test(value) ? value : null);

/** The header's, or the body's where the route takes one. @throws ProblemError `malformed-input` */
function reasonIn({ headers }: FastifyRequest, body: Readonly<Record<string, unknown>>): string | null {
  const header = headers[REASON_HEADER];
  if (header === undefined) {
    const { reason } = body;
    return isName(reason) ? reason.slice(0, REASON_MAX) : null;
  }
  const reason = Buffer.from(String(header), 'latin1').toString();
  if (isName(reason) && reason.length <= REASON_MAX && !reason.includes('\ufffd')) return reason;
  throw malformedInput([
    {
      pointer: `/headers/${REASON_HEADER}`,
      detail: `must be at most ${REASON_MAX} characters in UTF-8, ${NAME_WORDS}`,
    },
  ]);
}
