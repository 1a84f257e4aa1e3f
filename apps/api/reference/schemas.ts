import type { JsonSchema } from '../fields/rule.js';

// The building blocks of the replies' schemas.

export const decimal: JsonSchema = { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,6})?$' };
export const score: JsonSchema = { type: 'string', pattern: '^[0-9]+\\.[0-9]$' };
export const instant: JsonSchema = { type: 'string', format: 'date-time' };
export const whole: JsonSchema = { type: 'integer' };
/** What no schema describes: bytes. */
export const anything: JsonSchema = {};
/** A JSON number that may have a fraction. */
export const fractional: JsonSchema = { type: 'number' };
export const words: JsonSchema = { type: 'string' };
export const yesOrNo: JsonSchema = { type: 'boolean' };
/** An object whose fields depend on what it is about. */
export const anyObject: JsonSchema = { type: 'object' };

export const oneOf = (...values: readonly string[]): JsonSchema => ({ type: 'string', enum: values });
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An object with exactly these fields, all of them there. */
export const object = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

/** That object, and fields that may be missing. */
export const withOptional = (schema: JsonSchema, properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  ...schema,
  properties: { ...(schema['properties'] as object), ...properties },
});

export const settingsSchema = object({
  reactAt: decimal,
  autoMarketAt: decimal,
  tickSeconds: whole,
  liquidity: decimal,
  feeBps: whole,
});

/** The schema of what a command came to. */
export const resultRef = (type: string): JsonSchema => ref(`${type}Result`);

/** The reply to a command that came to this. */
export const commandReply = (result: JsonSchema): JsonSchema =>
  object({ version: whole, result, events: listOf(ref('Event')) });

/** A list's reply. */
export const page = (items: JsonSchema, more: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  object({ items: listOf(items), nextCursor: orNull(words), ...more });
