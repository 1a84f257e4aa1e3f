import { ValidateBy, ValidateIf } from 'class-validator';
import type { FieldRule, JsonSchema } from './rule.js';

/** A class whose instances are requests or parts of one. */
export type Dto<Values extends object = object> = new () => Values;

interface Field {
  readonly rule: FieldRule;
  readonly optional: boolean;
  /** The class of a field that is an object itself. */
  readonly nested?: Dto;
}

const declared = new Map<unknown, Map<string, Field>>();
const none: ReadonlyMap<string, Field> = new Map();

/** The fields of a request class by name, those of the class it extends included. */
export const fieldsOf = (dto: Dto): ReadonlyMap<string, Field> => declared.get(dto) ?? inherited(dto);

const inherited = (dto: unknown): ReadonlyMap<string, Field> => declared.get(Object.getPrototypeOf(dto)) ?? none;

/** The field must be there. */
export const Required = (rule: FieldRule): PropertyDecorator => declare({ rule, optional: false });

/** The field may be absent; `null` is not absent. */
export const Optional = (rule: FieldRule): PropertyDecorator => declare({ rule, optional: true });

/** An object that may be absent, with fields of its own. */
export function OptionalNested(nested: Dto): PropertyDecorator {
  const rule: FieldRule = {
    words: 'an object',
    test: (value) => value instanceof nested,
    schema: objectSchema(nested),
  };
  return declare({ rule, optional: true, nested });
}

/** JSON schema of a request class, without the fields that travel in the path. */
export function objectSchema(dto: Dto, without: readonly string[] = []): JsonSchema {
  const fields = [...fieldsOf(dto)].filter(([name]) => !without.includes(name));
  const required = fields.filter(([, { optional }]) => !optional).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, { rule }]) => [name, rule.schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** One rule for class-validator and for the OpenAPI schema, so that neither can say what the other does not. */
function declare(field: Field): PropertyDecorator {
  const { rule, optional } = field;
  const message = `must be ${rule.words}`;
  return (target, property) => {
    const dto = target.constructor;
    const fields = declared.get(dto) ?? new Map(inherited(dto));
    declared.set(dto, fields.set(String(property), field));
    if (optional) ValidateIf((_, value) => value !== undefined)(target, property);
    ValidateBy({ name: 'rule', validator: { validate: rule.test, defaultMessage: () => message } })(target, property);
  };
}
