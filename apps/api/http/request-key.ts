import type { FastifyRequest } from 'fastify';
import { keyDigest, RequestDigest, requestDigest } from '#event-log';
import { sortedJson } from '#presentation';
import type { RequestKey } from '#runtime';
import { actorOf } from '../access/principal.js';
import type { Dto } from '../fields/field.js';
import { canonicalFields, isPlainObject } from '../fields/read.js';
import type { Turns } from './turns.js';

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

/** A long body in both forms, in pieces of text. */
export interface ComparedPieces {
  readonly canonical: () => Iterable<string>;
  readonly asSent: () => Iterable<string>;
}

/** `requestKey` of a body that is long. */
export async function requestKeyInTurns(
  key: string | null,
  request: FastifyRequest,
  { pieces, turns }: { readonly pieces: ComparedPieces; readonly turns: Turns },
): Promise<RequestKey | null> {
  if (key === null) return null;
  const { canonical, asSent: sent } = headsOf(request, belowTimeline);
  return keyWith(key, request, {
    canonical: await digestInTurns(canonical, pieces.canonical(), turns),
    asSent: await digestInTurns(sent, pieces.asSent(), turns),
  });
}

async function digestInTurns(head: string, pieces: Iterable<string>, turns: Turns): Promise<string> {
  const digest = new RequestDigest();
  digest.add(head);
  for (const piece of pieces) {
    if (turns.isOver) await turns.next();
    digest.add(piece);
  }
  return digest.end();
}

const belowTimeline = (path: string): string => path.replace(timelinePath, '');

/** Method and path, as far as `pathIn` takes it: what stands before the body in both forms. */
function headsOf(request: FastifyRequest, pathIn: (path: string) => string): ComparedBody {
  const sentPath = pathOf(request.url);
  const head = (path: string): string => `${request.method} ${pathIn(path)}\n`;
  return { canonical: head(decodeURIComponent(sentPath)), asSent: head(sentPath) };
}

function keyOf(
  key: string,
  request: FastifyRequest,
  { path, body }: { readonly path: (path: string) => string; readonly body: ComparedBody },
): RequestKey {
  const heads = headsOf(request, path);
  const canonical = heads.canonical + body.canonical;
  const sent = heads.asSent + body.asSent;
  const requestHash = requestDigest(canonical);
  return keyWith(key, request, {
    canonical: requestHash,
    asSent: sent === canonical ? requestHash : requestDigest(sent),
  });
}

function keyWith(key: string, request: FastifyRequest, hashes: ComparedBody): RequestKey {
  const principal = actorOf(request);
  return {
    digest: (part) => keyDigest({ principal, key, part }),
    requestHash: hashes.canonical,
    ...(hashes.asSent !== hashes.canonical && { earlierHash: hashes.asSent }),
  };
}

/** The path of a request target, as sent; an absolute target names a host before it. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  const target = query < 0 ? url : url.slice(0, query);
  return target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
}
