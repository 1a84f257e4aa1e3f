import type { FastifyRequest } from 'fastify';
import { InputErrors } from '../fields/read.js';
import { id } from '../fields/rules.js';

const anyId = id();

/** A parameter of the path that names something. */
export function idOf(request: FastifyRequest, name: string, errors: InputErrors): string {
  const value = (request.params as Record<string, string>)[name] ?? '';
  if (!anyId.test(value)) errors.add(`/${name}`, `must be ${anyId.words}`);
  return value;
}

/** The timeline that a route is about. */
export const timelineOf = (request: FastifyRequest, errors: InputErrors): string => idOf(request, 'timeline', errors);

/** The same, for a route on which nothing else can be wrong. @throws ProblemError `malformed-input` */
export function timelineFrom(request: FastifyRequest): string {
  const errors = new InputErrors();
  const timeline = timelineOf(request, errors);
  errors.throwIfAny();
  return timeline;
}
