import type { FastifyRequest } from 'fastify';
import { keyDigest, requestDigest } from '#event-log';
import type { RequestKey } from '#runtime';
import { actorOf } from '../access/principal.js';

/** The scope of a key is its timeline, so the timeline's own name is no part of what it stands for. */
const timelinePath = /^\/v1\/timelines\/[^/]+/;

/**
 * An idempotency key with what it stands for, for its principal alone: method, path below the timeline and body as sent; null without a key.
 * `body` gives its JSON text with sorted keys, or a document's text. Nothing is filled in before, so that a new default
 * never makes an old request another one.
 */
export function requestKey(key: string | null, request: FastifyRequest, body: () => string): RequestKey | null {
  return keyOf(key, request, () => `${request.method} ${pathOf(request.url).replace(timelinePath, '')}\n${body()}`);
}

/** The same for a key whose scope is the server: the timeline's name is part of what it stands for. */
export function serverRequestKey(key: string | null, request: FastifyRequest, body: () => string): RequestKey | null {
  return keyOf(key, request, () => `${request.method} ${pathOf(request.url)}\n${body()}`);
}

function keyOf(key: string | null, request: FastifyRequest, text: () => string): RequestKey | null {
  if (key === null) return null;
  const principal = actorOf(request);
  return { digest: (part) => keyDigest({ principal, key, part }), requestHash: requestDigest(text()) };
}

/** The path of a request target, as sent. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
