import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { OperationId } from '../access/table.js';
import { COMMANDS } from '../commands/commands.js';
import type { ClientCommandType } from '../commands/command-kind.js';
import { fieldsOf, objectSchema, type Dto } from '../fields/field.js';
import type { JsonSchema } from '../fields/rule.js';
import { id } from '../fields/rules.js';
import { commandReply, ref, resultRef } from './schemas.js';

// What OpenAPI says of a route. The schemas of requests come from the rules that requests are checked by.

type Decorator = MethodDecorator & ClassDecorator;

/** The library's own schema type is that of OpenAPI 3.0. */
const asSchema = (schema: JsonSchema): object => schema;

const problems = ApiResponse({
  status: 'default',
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const params = (names: readonly string[]): Decorator[] =>
  names.map((name) => ApiParam({ name, schema: asSchema(id().schema) }));

const queries = (dto: Dto | undefined): Decorator[] =>
  [...(dto === undefined ? [] : fieldsOf(dto))].map(([name, { rule, optional }]) =>
    ApiQuery({ name, required: !optional, schema: asSchema(rule.schema) }),
  );

const idempotencyKey = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'The same key with the same request has one effect and one reply',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
});

const ifMatch = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'Refuses (412) when the timeline has moved on from this version',
  schema: { type: 'string', pattern: '^"[0-9]+"$' },
});

/** The parameters that stand in a path, in order. */
const pathParams = (path: string): readonly string[] => [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);

/** What the server knows the route by: its row in the table of who may, and its name in the reference. */
const operation = (operationId: OperationId, summary: string): MethodDecorator =>
  applyDecorators(RouteConfig({ operationId }), ApiOperation({ summary, operationId }));

/** A route that gives one command. `own` are its parameters besides the timeline. */
export function ApiCommandRoute(type: ClientCommandType, summary: string, ...own: readonly string[]): MethodDecorator {
  const { dto, status } = COMMANDS[type];
  const schema = objectSchema(dto, own);
  return applyDecorators(
    operation(type, summary),
    ...params(['timeline', ...own]),
    idempotencyKey,
    ifMatch,
    ...(Object.keys(schema['properties'] as object).length === 0
      ? []
      : [ApiBody({ schema: asSchema(schema), required: 'required' in schema })]),
    ApiResponse({ status, description: 'What it came to', schema: asSchema(commandReply(resultRef(type))) }),
    problems,
  );
}

const bodyOfRoute = (schema: JsonSchema, mediaType: string | undefined): MethodDecorator =>
  applyDecorators(...(mediaType === undefined ? [] : [ApiConsumes(mediaType)]), ApiBody({ schema: asSchema(schema) }));

/** Any other route. */
export function ApiRoute(of: {
  readonly summary: string;
  readonly operationId: OperationId;
  readonly path?: string;
  readonly query?: Dto;
  readonly body?: JsonSchema;
  readonly bodyMediaType?: string;
  readonly keyed?: boolean;
  readonly conditional?: boolean;
  readonly status?: number;
  /** Answered too, with the same body: there was nothing new to make. */
  readonly otherStatus?: number;
  /** Absent: no body. */
  readonly reply?: JsonSchema;
  readonly mediaType?: string;
}): MethodDecorator {
  const {
    summary,
    operationId,
    path = '',
    query,
    body,
    status = 200,
    otherStatus,
    reply,
    mediaType = 'application/json',
  } = of;
  const content = reply && { [mediaType]: { schema: asSchema(reply) } };
  return applyDecorators(
    operation(operationId, summary),
    ...params(pathParams(path)),
    ...queries(query),
    ...(of.keyed === true ? [idempotencyKey] : []),
    ...(of.conditional === true ? [ifMatch] : []),
    ...(body === undefined ? [] : [bodyOfRoute(body, of.bodyMediaType)]),
    ...[status, otherStatus]
      .filter((answered) => answered !== undefined)
      .map((answered) => ApiResponse({ status: answered, description: summary, ...(content && { content }) })),
    problems,
  );
}
