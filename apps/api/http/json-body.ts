import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { JsonFault } from '../json/json-fault.js';
import { JsonScan, type JsonBounds, type JsonList } from '../json/json-scan.js';
import { malformedInput, type ProblemError } from '../problems/problem-error.js';
import { routeBodyOf, type RouteBody } from './route-bodies.js';
import { Turns } from './turns.js';

/** A body as it was sent or as it reads: documents are kept as text, everything else is taken by its value. */
export interface JsonBody {
  /** Empty where the value is taken. */
  readonly text: string;
  readonly value: unknown;
}

const EMPTY: JsonBody = { text: '', value: undefined };

/** Larger ones are read in several turns. */
const ONE_TURN_MAX_BYTES = 262_144;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** The only bodies that are read are JSON in UTF-8. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const sent = body as Buffer;
    const route = routeBodyOf(request);
    if (sent.length > ONE_TURN_MAX_BYTES && route.as === 'value') return readInTurns(sent, route.bounds);
    try {
      done(null, readAtOnce(sent, route));
    } catch (error) {
      done(error as Error, undefined);
    }
    return undefined;
  });
}

/** The body of a request; one that was not sent reads as `undefined`. */
export const bodyOf = (request: { readonly body: unknown }): JsonBody =>
  (request.body as JsonBody | null | undefined) ?? EMPTY;

/** @throws ProblemError `malformed-input` */
function readAtOnce(sent: Buffer, { as, bounds }: RouteBody): JsonBody {
  if (sent.length === 0) return EMPTY;
  const bytes = utf8In(sent);
  if (as === 'text') return { text: bytes.toString(), value: undefined };
  advance(new JsonScan(bytes, { bounds }), bytes.length);
  return { text: '', value: JSON.parse(bytes.toString()) as unknown };
}

/** The same in several turns. @throws ProblemError `malformed-input` */
async function readInTurns(sent: Buffer, bounds: JsonBounds): Promise<JsonBody> {
  const bytes = utf8In(sent);
  const turns = new Turns();
  const scan = new JsonScan(bytes, { bounds, cutEvery: ONE_TURN_MAX_BYTES });
  while (!advance(scan, ONE_TURN_MAX_BYTES)) if (turns.isOver) await turns.next();
  const { list } = scan;
  if (list === null || list.cuts.length === 0) return { text: '', value: JSON.parse(bytes.toString()) as unknown };
  return { text: '', value: await parsePieces(bytes, list, turns) };
}

/** What is around the list is parsed without it, and its elements some at a time. */
async function parsePieces(bytes: Buffer, list: JsonList, turns: Turns): Promise<unknown> {
  const around = bytes.toString('utf8', 0, list.start) + bytes.toString('utf8', list.end);
  const value = JSON.parse(around) as Record<string, unknown[]>;
  const name = JSON.parse(bytes.toString('utf8', list.nameStart - 1, list.nameEnd + 1)) as string;
  const elements = value[name] ?? [];
  let start = list.start;
  for (const end of [...list.cuts, list.end]) {
    if (turns.isOver) await turns.next();
    for (const element of JSON.parse(`[${bytes.toString('utf8', start, end)}]`) as unknown[]) elements.push(element);
    start = end + 1;
  }
  return value;
}

/** Without the mark that some editors put before it. @throws ProblemError `malformed-input` */
function utf8In(sent: Buffer): Buffer {
  if (!isUtf8(sent)) throw malformedBody('must be UTF-8');
  const isMarked = sent[0] === BYTE_ORDER_MARK[0] && sent.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return isMarked ? sent.subarray(BYTE_ORDER_MARK.length) : sent;
}

/** @throws ProblemError `malformed-input` */
function advance(scan: JsonScan, bytes: number): boolean {
  try {
    return scan.advance(bytes);
  } catch (error) {
    throw error instanceof JsonFault ? malformedBody(error.message, error.pointer) : error;
  }
}

const malformedBody = (detail: string, pointer = ''): ProblemError => malformedInput([{ pointer, detail }]);
