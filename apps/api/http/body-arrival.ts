import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { routeBodyOf } from './route-bodies.js';

/** Fastify holds `receivedEncodedLength` against `Content-Length`. */
type Payload = Readable & { receivedEncodedLength?: number };

/** What of a body is asked for, and how it is taken: once its route, its key and what that may are known, and not before. */
export function receiveBodies(server: FastifyInstance): void {
  server.addHook('preParsing', (request, reply, payload, done) => {
    const { headers, raw, method } = request;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    // Nobody reads that of a GET.
    if (!hasBody || method === 'GET' || method === 'HEAD') {
      done(null, payload);
      return;
    }
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    if (isAwaited(raw)) reply.raw.writeContinue();
    done(null, encodingOf(headers) === null ? payload : decoded(payload, reply.raw));
  });
}

function refusalOf(request: FastifyRequest): ProblemError | undefined {
  const { headers } = request;
  if (Number(headers['content-length'] ?? 0) > routeBodyOf(request).maxBytes) {
    return new ProblemError('body-too-large', 'The body is larger than this route takes.');
  }
  const encoding = encodingOf(headers);
  if (encoding === null || encoding === 'gzip') return undefined;
  return new ProblemError('media-type-unsupported', 'Send the body as it is, or with Content-Encoding: gzip.', {
    headers: { 'accept-encoding': 'gzip' },
  });
}

/** In lower case; null for a body that is sent as it is. */
function encodingOf({ 'content-encoding': given }: FastifyRequest['headers']): string | null {
  if (given === undefined) return null;
  const encoding = given.trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return null;
  return encoding === 'x-gzip' ? 'gzip' : encoding;
}

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** Whether the client waits to be asked for the body. */
const isAwaited = ({ headers, httpVersionMinor }: IncomingMessage): boolean =>
  headers.expect !== undefined && httpVersionMinor > 0 && CONTINUE.test(headers.expect);

/** As it was before it was packed. Whoever reads it counts the bytes, and stops: nothing is unpacked ahead of the reader. */
function decoded(payload: Readable, response: ServerResponse): Payload {
  const gunzip = createGunzip();
  const body = new PassThrough();
  Object.defineProperty(body, 'receivedEncodedLength', { get: () => gunzip.bytesWritten });
  gunzip.once('error', () => body.destroy(new ProblemError('malformed-input', 'The body is not gzip.')));
  payload.pipe(gunzip).pipe(body);
  response.once('close', () => gunzip.destroy());
  return body;
}
