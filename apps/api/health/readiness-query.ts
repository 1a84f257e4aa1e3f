import { Optional } from '../fields/field.js';
import { InputErrors, readFields } from '../fields/read.js';
import { oneOf } from '../fields/rules.js';

/** What a probe asks about. */
export class ReadinessQuery {
  /** Whether reads are answered, be it from what was known when the database went away; absent: whether all is. */
  @Optional(oneOf('reads'))
  readonly for?: string;
}

/** Other parameters are the probe's own affair. @throws ProblemError `malformed-input` */
export function readinessQuery(given: unknown): ReadinessQuery {
  const { for: about } = given as Readonly<Record<string, unknown>>;
  const errors = new InputErrors();
  const query = readFields(ReadinessQuery, about === undefined ? {} : { for: about }, { pointer: '', errors });
  errors.throwIfAny();
  return query ?? {};
}
