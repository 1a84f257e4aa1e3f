import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DOCUMENT_DEPTH_MAX } from '#domain';
import type { Settings } from '#settings';
import type { OperationId } from '../access/table.js';
import type { JsonBounds } from '../json/json-scan.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the body may be; set when the route is registered. */
    body?: RouteBody;
  }
}

/** What the body of a route may be. */
export interface RouteBody {
  readonly maxBytes: number;
  /** `text`: kept as it was sent, and looked at by whoever keeps it. `stream`: may be larger than memory. */
  readonly as: 'value' | 'text' | 'stream';
  readonly bounds: JsonBounds;
}

const MEBIBYTE = 1_048_576;
/** A world state has 65,536 characters at most and a thousand lines; no other command comes near it. */
const COMMAND_VALUES_MAX = 40_000;
/** The import of the replaced system takes 10,000 files. */
const NAMES_MAX = 12_000;
const BATCH_VALUES_MAX = 1_000_000;

const bounds = (valuesMax: number): JsonBounds => ({
  depthMax: DOCUMENT_DEPTH_MAX,
  valuesMax,
  elementValuesMax: COMMAND_VALUES_MAX,
  namesMax: NAMES_MAX,
});

const ANY: RouteBody = { maxBytes: MEBIBYTE, as: 'value', bounds: bounds(COMMAND_VALUES_MAX) };

/** The routes that take other bodies than the rest. */
const bodiesOf = ({ importMaxBytes }: Settings): Readonly<Partial<Record<OperationId, RouteBody>>> => ({
  ImportArchive: { ...ANY, maxBytes: importMaxBytes, as: 'stream' },
  ImportLegacy: { ...ANY, maxBytes: 64 * MEBIBYTE },
  SaveDocument: { ...ANY, as: 'text' },
  SubmitBatch: { maxBytes: 16 * MEBIBYTE, as: 'value', bounds: bounds(BATCH_VALUES_MAX) },
});

/** Tells every route what its body may be. Must be called before the first route is registered. */
export function boundBodies(server: FastifyInstance, settings: Settings): void {
  const bodies = bodiesOf(settings);
  server.addHook('onRoute', (route) => {
    const body = bodies[route.config?.operationId as OperationId] ?? ANY;
    route.bodyLimit = body.maxBytes;
    route.config = { ...route.config, body };
  });
}

/** What the body of a request may be. */
export const routeBodyOf = ({ routeConfig }: FastifyRequest): RouteBody => routeConfig.body ?? ANY;
