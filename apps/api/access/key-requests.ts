import { faultOfScope, GRACE_MAX_MS, isScopeEntry, ROLES, SCOPE_ENTRIES_MAX } from '#access';
import type { AccessRole, AccessScope } from '#event-log';
import { parseTime } from '#presentation';
import { Optional, Required, type Dto } from '../fields/field.js';
import { readFields, type InputErrors } from '../fields/read.js';
import type { FieldRule } from '../fields/rule.js';
import { agentName, id, oneOf, time, wholeNumber } from '../fields/rules.js';

const scope: FieldRule = {
  words: `a list of 1 to ${SCOPE_ENTRIES_MAX} names of timelines, or beginnings of names with * behind them`,
  test: (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= SCOPE_ENTRIES_MAX && value.every(isScopeEntry),
  schema: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: SCOPE_ENTRIES_MAX },
};

/** An access key to be made. */
export class NewKeyRequest {
  @Required(agentName)
  readonly name!: string;

  @Required(oneOf(...ROLES))
  readonly role!: AccessRole;

  /** For the role `agent`: the one that it acts for. */
  @Optional(id())
  readonly agentId?: string;

  /** All where it is not given. */
  @Optional(scope)
  readonly timelines?: readonly string[];

  /** Never where it is not given. */
  @Optional(time)
  readonly expiresAt?: string;
}

/** A key to be rotated. */
export class RotationRequest {
  /** How long the old key goes on. */
  @Optional(wholeNumber(0, GRACE_MAX_MS))
  readonly graceMs?: number;

  /** The successor lives for as long as the old key was meant to where it is not given. */
  @Optional(time)
  readonly expiresAt?: string;
}

/** What the new key is to be. @throws ProblemError `malformed-input` */
export function readNewKey(body: unknown, errors: InputErrors) {
  const {
    name = '',
    role = 'reader',
    agentId = null,
    timelines = null,
    expiresAt,
  } = readBody(NewKeyRequest, body, errors);
  const wanted: AccessScope = { role, agentId, timelines };
  const expiresAtMs = expiryIn(expiresAt, errors) ?? null;
  const fault = faultOfScope(wanted);
  if (fault !== undefined && errors.count === 0) errors.add('', fault);
  errors.throwIfAny();
  return { ...wanted, name, expiresAtMs };
}

/** How it is to be rotated. @throws ProblemError `malformed-input` */
export function readRotation(body: unknown, errors: InputErrors) {
  const { graceMs, expiresAt } = readBody(RotationRequest, body ?? {}, errors);
  const expiresAtMs = expiryIn(expiresAt, errors);
  errors.throwIfAny();
  return { ...(graceMs !== undefined && { graceMs }), ...(expiresAtMs !== undefined && { expiresAtMs }) };
}

const readBody = <Values extends object>(dto: Dto<Values>, body: unknown, errors: InputErrors): Partial<Values> => ({
  ...readFields(dto, body, { pointer: '', errors }),
});

function expiryIn(text: string | undefined, errors: InputErrors): number | undefined {
  const timeMs = text === undefined ? undefined : parseTime(text);
  if (timeMs !== undefined && timeMs <= Date.now()) errors.add('/expiresAt', 'must be in the future');
  return timeMs;
}
