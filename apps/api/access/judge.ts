import type { FastifyRequest } from 'fastify';
import type { Command } from '#domain';
import { isAtLeast, isInScope } from '#access';
import { isPlainObject } from '../fields/read.js';
import { bodyOf } from '../http/json-body.js';
import { ProblemError } from '../problems/problem-error.js';
import type { Principal } from './principal.js';
import { rowOf, type AccessRow } from './table.js';

/** The same whatever is wrong with what was sent, or whether anything was: who guesses learns nothing. */
export const unauthenticated = (): ProblemError =>
  new ProblemError('unauthenticated', 'Send a valid access key, as Authorization: Bearer seed_….', {
    headers: { 'www-authenticate': 'Bearer' },
  });

/** What the path tells, before a byte of the body is read; undefined where nothing forbids it. */
export function judgePath(row: AccessRow, principal: Principal, params: unknown): ProblemError | undefined {
  if (row.least === 'everyone') return undefined;
  if (!isAtLeast(principal.role, row.least)) return forbidden(`It takes the role ${row.least}.`);
  const { timelines } = principal;
  if (timelines === null) return undefined;
  if (row.reach === 'all') return forbidden('It takes a key for all timelines.');
  const named = params as Readonly<Record<string, string>>;
  if (row.reach === 'path' && !isInScope(timelines, named['timeline'] ?? '')) return outOfScope('/timeline');
  const also = row.alsoNamed;
  if (also === undefined || !('param' in also)) return undefined;
  return isInScope(timelines, named[also.param] ?? '') ? undefined : outOfScope(`/${also.param}`);
}

/** What the body names; one that is no name is refused as malformed by whoever reads it. */
export function judgeBody(row: AccessRow, principal: Principal, request: FastifyRequest): ProblemError | undefined {
  const also = row.alsoNamed;
  if (principal.timelines === null || also === undefined || !('field' in also)) return undefined;
  const { value } = bodyOf(request);
  const name = isPlainObject(value) ? value[also.field] : undefined;
  return typeof name !== 'string' || isInScope(principal.timelines, name) ? undefined : outOfScope(`/${also.field}`);
}

/**
 * Whether a command may be given, once it is read: what is judged is what will be decided. `pointer` leads to the command.
 *
 * @throws ProblemError `forbidden`
 */
export function assertMayGive(principal: Principal | null, command: Command, pointer = ''): void {
  const row = rowOf(command.type);
  if (row === undefined || principal === null) throw forbidden('Nobody may give this command.', pointer);
  if (principal.role === 'admin') return;
  if (row.least === 'everyone' || !isAtLeast(principal.role, row.least)) {
    throw forbidden(`It takes the role ${row.least}.`, pointer);
  }
  if (principal.role !== 'agent') return;
  const field = row.actsFor;
  const acts = field === undefined ? undefined : (command as unknown as Readonly<Record<string, unknown>>)[field];
  if (acts !== principal.agentId) throw forbidden('The key acts for one agent alone, and not for this one.', pointer);
}

function forbidden(detail: string, pointer?: string): ProblemError {
  const errors = pointer === undefined || pointer === '' ? [] : [{ pointer, detail }];
  return new ProblemError('forbidden', detail, { errors });
}

const outOfScope = (pointer: string): ProblemError => {
  const detail = 'The timeline is not among those that the key is for.';
  return new ProblemError('forbidden', detail, { errors: [{ pointer, detail }] });
};
