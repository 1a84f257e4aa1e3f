import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

/** A body as it was sent and as it reads. Documents are kept as text, everything else is taken by its value. */
export interface JsonBody {
  readonly text: string;
  readonly value: unknown;
}

const EMPTY: JsonBody = { text: '', value: undefined };

/** The only bodies that are read are JSON in UTF-8. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

/** The body of a request; one that was not sent reads as `undefined`. */
export const bodyOf = (request: { readonly body: unknown }): JsonBody =>
  (request.body as JsonBody | null | undefined) ?? EMPTY;

/** @throws ProblemError `malformed-input` */
function parseBody(bytes: Buffer): JsonBody {
  if (bytes.length === 0) return EMPTY;
  if (!isUtf8(bytes)) throw malformedBody('is not UTF-8');
  const text = bytes.toString();
  try {
    return { text, value: JSON.parse(text) as unknown };
  } catch {
    throw malformedBody('is not JSON');
  }
}

const malformedBody = (detail: string): ProblemError =>
  new ProblemError('malformed-input', `The body ${detail}.`, { errors: [{ pointer: '', detail }] });
