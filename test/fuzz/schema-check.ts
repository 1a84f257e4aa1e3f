type Schema = Readonly<Record<string, unknown>>;

/** Where a value breaks a schema of the reference, each as a sentence; none if it keeps it. Unknown keywords are an error. */
export function breaches(value: unknown, schema: Schema, root: Schema, at = ''): readonly string[] {
  const { $ref, anyOf, oneOf } = schema as { $ref?: string; anyOf?: readonly Schema[]; oneOf?: readonly Schema[] };
  if ($ref !== undefined) return breaches(value, resolve($ref, root), root, at);
  const options = anyOf ?? oneOf;
  if (options !== undefined) {
    const tried = options.map((option) => breaches(value, option, root, at));
    return tried.some((found) => found.length === 0) ? [] : [`${at} fits no alternative: ${tried.flat().join('; ')}`];
  }
  return [...breachesOfType(value, schema, at), ...breachesWithin(value, schema, root, at)];
}

function resolve(reference: string, root: Schema): Schema {
  const parts = reference.split('/').slice(1);
  return parts.reduce<Schema>((schema, part) => schema[part] as Schema, root);
}

const CHECKS: Readonly<Record<string, (value: unknown, limit: never) => boolean>> = {
  type: (value, type: string) => isOfType(value, type),
  const: (value, expected: unknown) => value === expected,
  enum: (value, values: readonly unknown[]) => values.includes(value),
  pattern: (value, pattern: string) => typeof value === 'string' && new RegExp(pattern, 'u').test(value),
  format: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
};

function breachesOfType(value: unknown, schema: Schema, at: string): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, limit]) => {
    if (['properties', 'required', 'items', 'description'].includes(keyword)) return [];
    const check = CHECKS[keyword];
    if (check === undefined) return [`${at}: unknown keyword ${keyword}`];
    return check(value, limit as never) ? [] : [`${at}: ${JSON.stringify(value)} breaks ${keyword} ${String(limit)}`];
  });
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function breachesWithin(value: unknown, schema: Schema, root: Schema, at: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => breaches(item, (schema['items'] ?? {}) as Schema, root, `${at}/${i}`));
  }
  if (!isOfType(value, 'object') || schema['properties'] === undefined) return [];
  const object = value as Readonly<Record<string, unknown>>;
  const properties = schema['properties'] as Readonly<Record<string, Schema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  return [
    ...required.filter((name) => !(name in object)).map((name) => `${at}/${name} is missing`),
    ...Object.entries(object).flatMap(([name, field]) => {
      const of = properties[name];
      return of === undefined ? [`${at}/${name} is not described`] : breaches(field, of, root, `${at}/${name}`);
    }),
  ];
}
