import type { FastifyRequest } from 'fastify';
import type { Dto } from '../fields/field.js';
import { InputErrors, readFields } from '../fields/read.js';
import { idOf, timelineOf } from '../http/params.js';
import { clientOf } from '../limits/client.js';
import type { ReadTarget } from './answer.js';

/** A read of a timeline, as asked. */
export interface ReadRequest<Query> {
  readonly target: ReadTarget;
  readonly query: Query;
  /** The path's other parameters, which are all ids. */
  readonly ids: Readonly<Record<string, string>>;
}

/** @throws ProblemError `malformed-input` */
export function readRequest<Query extends { readonly minVersion?: string }>(
  request: FastifyRequest,
  dto: Dto<Query>,
): ReadRequest<Query> {
  const errors = new InputErrors();
  const timeline = timelineOf(request, errors);
  const names = Object.keys(request.params as object).filter((name) => name !== 'timeline');
  const ids = Object.fromEntries(names.map((name) => [name, idOf(request, name, errors)]));
  const query = queryOf(request, dto, errors);
  const options = query.minVersion === undefined ? {} : { minVersion: Number(query.minVersion) };
  return { target: { timeline, options, client: clientOf(request) }, query, ids };
}

/** The query parameters of a request; there is no other place for them to be wrong in, so this throws. */
export function queryOf<Query extends object>(request: FastifyRequest, dto: Dto<Query>, errors: InputErrors): Query {
  const query = readFields(dto, { ...(request.query as object) }, { pointer: '', errors });
  errors.throwIfAny();
  return query ?? new dto();
}
