import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { REASON_MAX } from '#access';
import { EVENT_SHAPES } from '#domain';
import { rowOf } from '../access/table.js';
import { agentSchema } from '../agents/agent-schema.js';
import { COMMANDS_PER_ATOMIC_BATCH_MAX, COMMANDS_PER_BATCH_MAX } from '../commands/batch.js';
import { COMMANDS } from '../commands/commands.js';
import { objectSchema } from '../fields/field.js';
import type { JsonSchema } from '../fields/rule.js';
import { marketSchema } from '../markets/market-schema.js';
import { PROBLEMS } from '../problems/problems.js';
import { BUILD } from '#settings';
import {
  anyObject,
  commandReply,
  decimal,
  instant,
  listOf,
  object,
  oneOf,
  orNull,
  ref,
  resultRef,
  settingsSchema,
  whole,
  words,
} from './schemas.js';

const eventSchema = object({
  version: whole,
  type: oneOf(...Object.keys(EVENT_SHAPES)),
  at: instant,
  data: anyObject,
});

const problemSchema: JsonSchema = {
  type: 'object',
  properties: {
    type: words,
    title: words,
    status: whole,
    detail: words,
    code: oneOf(...Object.keys(PROBLEMS)),
    traceId: words,
    errors: listOf(object({ pointer: words, detail: words })),
  },
  required: ['type', 'title', 'status', 'detail', 'code'],
};

const clockFields = {
  clock: oneOf('wall', 'virtual'),
  offsetMs: { type: 'integer', description: "What a wall clock shows more than the database's; 0 on a virtual clock" },
};

const timelineSchema = object({
  name: words,
  status: oneOf('master', 'active', 'completed', 'archived'),
  version: whole,
  ...clockFields,
  now: instant,
  parent: orNull(words),
  forkVersion: orNull(whole),
  result: {},
  settings: settingsSchema,
  stats: object({ eventsProcessed: whole, marketsCreated: whole, marketsAutoCreated: whole }),
  moneySupply: decimal,
  chainHash: words,
});

const snapshotSchema = object({
  version: whole,
  stateHash: words,
  chainHash: words,
  sizeBytes: whole,
  sha256: words,
  format: whole,
  reducer: words,
  takenAt: instant,
});

const stateFields = {
  timeline: words,
  version: whole,
  at: instant,
  stateHash: words,
  moneySupply: decimal,
  ...clockFields,
  settings: settingsSchema,
  counts: object({ agents: whole, markets: whole, holdings: whole, worldEvents: whole, documents: whole }),
};

/** All of it, with `full=true`. */
const fullStateFields = {
  yield: anyObject,
  world: anyObject,
  stats: anyObject,
  agents: listOf(anyObject),
  markets: listOf(ref('Market')),
  holdings: listOf(anyObject),
  worldEvents: listOf(anyObject),
  documents: listOf(anyObject),
};

const stateSchema: JsonSchema = {
  type: 'object',
  properties: { ...stateFields, ...fullStateFields },
  required: Object.keys(stateFields),
};

const batchSchema: JsonSchema = {
  type: 'object',
  properties: {
    commands: {
      type: 'array',
      minItems: 1,
      maxItems: COMMANDS_PER_BATCH_MAX,
      items: { oneOf: Object.keys(COMMANDS).map(entrySchema) },
    },
    atomic: {
      type: 'boolean',
      description: `One commit or nothing; at most ${COMMANDS_PER_ATOMIC_BATCH_MAX} commands`,
    },
  },
  required: ['commands'],
  additionalProperties: false,
};

function entrySchema(type: string): JsonSchema {
  return {
    type: 'object',
    properties: {
      type: { const: type },
      idempotencyKey: { type: 'string', minLength: 1, maxLength: 255 },
      data: ref(type),
    },
    required: ['type'],
    additionalProperties: false,
  };
}

const batchReplySchema: JsonSchema = {
  type: 'object',
  properties: {
    version: whole,
    results: listOf({
      oneOf: [
        object({
          status: { const: 'accepted' },
          version: whole,
          result: { anyOf: Object.keys(COMMANDS).map(resultRef) },
        }),
        object({ status: { const: 'refused' }, problem: ref('Problem') }),
      ],
    }),
    cutOff: object({ decided: whole, problem: ref('Problem') }),
  },
  required: ['version', 'results'],
};

const schemas: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(Object.entries(COMMANDS).map(([type, { dto }]) => [type, objectSchema(dto)])),
  ...Object.fromEntries(Object.entries(COMMANDS).map(([type, { result }]) => [`${type}Result`, result])),
  Agent: agentSchema,
  Batch: batchSchema,
  BatchReply: batchReplySchema,
  CommandReply: commandReply(anyObject),
  Event: eventSchema,
  Market: marketSchema,
  Problem: problemSchema,
  Snapshot: snapshotSchema,
  State: stateSchema,
  Timeline: timelineSchema,
};

/** The OpenAPI 3.1 document of the application: routes from the controllers, schemas from the rules they check by. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Seed')
    .setDescription('The backend of a simulated economy')
    .setVersion(BUILD.version)
    .setOpenAPIVersion('3.1.0')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const methods of Object.values(document.paths)) {
    for (const operation of Object.values<unknown>({ ...methods })) describeAccess(operation as object);
  }
  return { ...document, components: { ...document.components, schemas, securitySchemes } };
}

const securitySchemes = {
  accessKey: { type: 'http', scheme: 'bearer', description: 'An access key, or a token of the issuer' },
} as const;

const reasonHeader = {
  name: 'Seed-Reason',
  in: 'header',
  required: false,
  description: 'Why; it is recorded with who and when',
  schema: { type: 'string', maxLength: REASON_MAX },
};

/** From the table by which the server decides. */
function describeAccess(operation: object): void {
  const row = 'operationId' in operation ? rowOf(operation.operationId) : undefined;
  if (row === undefined) return;
  const security = row.least === 'everyone' ? [] : [{ accessKey: [] }];
  Object.assign(operation, { security, 'x-least-role': row.least });
  if (row.isAudited !== true) return;
  const { parameters = [] } = operation as { readonly parameters?: readonly object[] };
  Object.assign(operation, { parameters: [...parameters, reasonHeader] });
}
