import type { FastifyRequest } from 'fastify';
import { keyDigest, RequestDigest, requestDigest } from '#event-log';
import type { RequestKey } from '#runtime';
import { actorOf } from '../access/principal.js';
import type { Turns } from './turns.js';

/** The scope of a key is its timeline, so the timeline's own name is no part of what it stands for. */
const timelinePath = /^\/v1\/timelines\/[^/]+/;

/**
 * An idempotency key with what it stands for, for its principal alone: method, path below the timeline and body as sent; null without a key.
 * `body` gives its JSON text with sorted keys, or a document's text. Nothing is filled in before, so that a new default
 * never makes an old request another one.
 */
export function requestKey(key: string | null, request: FastifyRequest, body: () => string): RequestKey | null {
  return keyOf(key, request, () => `${routeOf(request)}\n${body()}`);
}

/** The same for a key whose scope is the server: the timeline's name is part of what it stands for. */
export function serverRequestKey(key: string | null, request: FastifyRequest, body: () => string): RequestKey | null {
  return keyOf(key, request, () => `${request.method} ${pathOf(request.url)}\n${body()}`);
}

/** `requestKey` of a body that is long, of which `pieces` gives the text. */
export async function requestKeyInTurns(
  key: string | null,
  request: FastifyRequest,
  { pieces, turns }: { readonly pieces: () => Iterable<string>; readonly turns: Turns },
): Promise<RequestKey | null> {
  if (key === null) return null;
  const digest = new RequestDigest();
  digest.add(`${routeOf(request)}\n`);
  for (const piece of pieces()) {
    if (turns.isOver) await turns.next();
    digest.add(piece);
  }
  return keyFor(key, request, digest.end());
}

/** Method and path below the timeline. */
const routeOf = ({ method, url }: FastifyRequest): string => `${method} ${pathOf(url).replace(timelinePath, '')}`;

function keyOf(key: string | null, request: FastifyRequest, text: () => string): RequestKey | null {
  return key === null ? null : keyFor(key, request, requestDigest(text()));
}

function keyFor(key: string, request: FastifyRequest, requestHash: string): RequestKey {
  const principal = actorOf(request);
  return { digest: (part) => keyDigest({ principal, key, part }), requestHash };
}

/** The path of a request target, as sent; an absolute target names a host before it. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  const target = query < 0 ? url : url.slice(0, query);
  return target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
}
