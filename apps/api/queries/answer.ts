import type { FastifyReply } from 'fastify';
import type { LiveView } from '#runtime';
import type { Boot } from '../boot.js';
import { versionTag } from '../http/conditions.js';
import { ProblemError } from '../problems/problem-error.js';

/** What a query found, all of it at one version. */
export interface Answer<Body> {
  readonly body: Body;
  readonly version: number;
  /** With the database away: how old the knowledge is, ms. */
  readonly staleMs: number | null;
}

/** A timeline to read, the version it must have reached, and for whom. */
export interface ReadTarget {
  readonly timeline: string;
  readonly options: { readonly minVersion?: number };
  /** Shares the places for what costs much with other clients. */
  readonly client: string;
}

/** Looks at the live timeline within one turn; what `view` returns must not hold on to the state. */
export function readLive<Body>(
  { runtime }: Boot,
  { timeline, options }: ReadTarget,
  view: (live: LiveView) => Body,
): Promise<Answer<Body>> {
  return runtime.read(timeline, options, (live) => answer(live, view));
}

/** The same for a page of a list, which may take a good part of a turn. */
export function readList<Body>(
  { runtime }: Boot,
  { timeline, options, client }: ReadTarget,
  view: (live: LiveView) => Body,
): Promise<Answer<Body>> {
  return runtime.readPaced(timeline, options, (live) => answer(live, view), { client });
}

function answer<Body>(live: LiveView, view: (live: LiveView) => Body): Answer<Body> {
  const { version, staleMs } = live;
  try {
    return { body: view(live), version, staleMs };
  } catch (error) {
    // That something is not there is an answer too, and as old as any other.
    if (error instanceof ProblemError && staleMs !== null) throw error.with(ageHeader(staleMs));
    throw error;
  }
}

/** Sends an answer's version and age as headers and returns its body. */
export function answered<Body>(reply: FastifyReply, { body, version, staleMs }: Answer<Body>): Body {
  void reply.header('etag', versionTag(version));
  if (staleMs !== null) void reply.headers(ageHeader(staleMs));
  return body;
}

const ageHeader = (staleMs: number): Readonly<Record<string, string>> => ({
  'seed-stale-ms': String(Math.ceil(staleMs)),
});
