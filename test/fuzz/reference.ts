type Json = Readonly<Record<string, unknown>>;

/** A JSON schema of the reference. */
export type Schema = Json;

/** A parameter that travels in the query or the path. */
interface Parameter {
  readonly name: string;
  readonly isRequired: boolean;
  readonly schema: Schema;
}

/** One route with one method, as the OpenAPI document has it. */
export interface Operation {
  readonly id: string;
  /** Its tag. */
  readonly group: string;
  readonly method: string;
  /** With `{name}` where a parameter stands. */
  readonly path: string;
  readonly inPath: readonly string[];
  readonly inQuery: readonly Parameter[];
  readonly headers: ReadonlySet<string>;
  readonly body: { readonly mediaType: string; readonly schema: Schema; readonly isRequired: boolean } | null;
  /** Schemas by media type, by status; `default` stands for every problem. */
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>;
  readonly leastRole: string;
}

/** What the server says of itself. */
export interface Reference {
  readonly root: Schema;
  readonly operations: readonly Operation[];
  readonly groups: readonly string[];
  /** The status of each problem code. */
  readonly problems: ReadonlyMap<string, number>;
}

interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { required?: boolean; content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Operation['responses'];
  readonly 'x-least-role': string;
}

/** Reads the server's own document and its list of problems. */
export async function readReference(url: string): Promise<Reference> {
  const root = (await (await fetch(`${url}/openapi.json`)).json()) as Schema;
  const problems = (await (await fetch(`${url}/problems`)).json()) as { items: { code: string; status: number }[] };
  const paths = root['paths'] as Readonly<Record<string, Readonly<Record<string, Described>>>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operationOf(method.toUpperCase(), path, described)),
  );
  return {
    root,
    operations,
    groups: [...new Set(operations.map(({ group }) => group))].sort(),
    problems: new Map(problems.items.map(({ code, status }) => [code, status])),
  };
}

function operationOf(method: string, path: string, described: Described): Operation {
  const parameters = described.parameters ?? [];
  const inQuery = parameters.filter(({ in: place }) => place === 'query');
  const [body] = Object.entries(described.requestBody?.content ?? {});
  return {
    id: described.operationId,
    group: (described.tags[0] ?? 'none').toLowerCase(),
    method,
    path,
    inPath: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    inQuery: inQuery.map(({ name, required, schema }) => ({ name, isRequired: required === true, schema })),
    headers: new Set(parameters.filter(({ in: place }) => place === 'header').map(({ name }) => name)),
    body: body
      ? { mediaType: body[0], schema: body[1].schema, isRequired: described.requestBody?.required === true }
      : null,
    responses: described.responses,
    leastRole: described['x-least-role'],
  };
}

/** A schema with its reference followed. */
export function resolved({ root }: Reference, schema: Schema): Schema {
  const { $ref } = schema as { $ref?: string };
  if ($ref === undefined) return schema;
  return $ref
    .split('/')
    .slice(1)
    .reduce<Schema>((at, part) => at[part] as Schema, root);
}

/** Whose contract a request as it is sent is under, as the router reads it; null where there is no such route. */
export function operationAt({ operations }: Reference, method: string, target: string): Operation | null {
  const parts = (target.split(/[?#]/, 1)[0] ?? '').split('/');
  const isAt = ({ path }: Operation): boolean => {
    const template = path.split('/');
    return (
      template.length === parts.length &&
      template.every((part, i) => (part.startsWith('{') ? parts[i] !== '' : part === parts[i]))
    );
  };
  const asked = method === 'HEAD' ? 'GET' : method;
  const found = operations.filter((operation) => operation.method === asked && isAt(operation));
  // `state/step` is also what `state/{x}` would match: the more literal one wins.
  return found.sort((one, other) => one.inPath.length - other.inPath.length)[0] ?? null;
}
