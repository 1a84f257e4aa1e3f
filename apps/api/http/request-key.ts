import type { FastifyRequest } from 'fastify';
import { keyDigest, requestDigest } from '#event-log';
import { sortedJson } from '#presentation';
import type { RequestKey } from '#runtime';
import { actorOf } from '../access/principal.js';
import type { Dto } from '../fields/field.js';
import { canonicalFields, isPlainObject } from '../fields/read.js';

/** The scope of a key is its timeline, so the timeline's own name is no part of what it stands for. */
const timelinePath = /^\/v1\/timelines\/[^/]+/;

/** A body in the form in which requests with one key are compared. */
export interface ComparedBody {
  /** Two that mean the same have the same. */
  readonly canonical: string;
  /** What earlier builds compared: the JSON text with sorted keys. A repetition may come after an upgrade. */
  readonly asSent: string;
}

/** A body that is compared as it was sent. */
export const asSent = (text: string): ComparedBody => ({ canonical: text, asSent: text });

/** A body of these fields, once it was read. */
export function comparedBody(dto: Dto, value: unknown): ComparedBody {
  const text = sortedJson(value ?? null);
  if (!isPlainObject(value)) return asSent(text);
  const fields = canonicalFields(dto, value);
  return { canonical: fields === value ? text : sortedJson(fields), asSent: text };
}

/**
 * An idempotency key with what it stands for, for its principal alone: method, path below the timeline and body; null without
 * a key. Nothing is filled in before, so that a new default never makes an old request another one.
 */
export function requestKey(key: string | null, request: FastifyRequest, body: () => ComparedBody): RequestKey | null {
  return key === null ? null : keyOf(key, request, { path: belowTimeline, body: body() });
}

/** The same for a key whose scope is the server: the timeline's name is part of what it stands for. */
export function serverRequestKey(
  key: string | null,
  request: FastifyRequest,
  body: () => ComparedBody,
): RequestKey | null {
  return key === null ? null : keyOf(key, request, { path: (path) => path, body: body() });
}

const belowTimeline = (path: string): string => path.replace(timelinePath, '');

function keyOf(
  key: string,
  request: FastifyRequest,
  of: { readonly path: (path: string) => string; readonly body: ComparedBody },
): RequestKey {
  const principal = actorOf(request);
  const sentPath = pathOf(request.url);
  const text = `${request.method} ${of.path(decodeURIComponent(sentPath))}\n${of.body.canonical}`;
  const sent = `${request.method} ${of.path(sentPath)}\n${of.body.asSent}`;
  return {
    digest: (part) => keyDigest({ principal, key, part }),
    requestHash: requestDigest(text),
    ...(sent !== text && { earlierHash: requestDigest(sent) }),
  };
}

/** The path of a request target, as sent. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
