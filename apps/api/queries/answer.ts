import type { FastifyReply } from 'fastify';
import type { LiveView } from '#runtime';
import type { Boot } from '../boot.js';
import { versionTag } from '../http/conditions.js';

/** What a query found, all of it at one version. */
export interface Answer<Body> {
  readonly body: Body;
  readonly version: number;
  /** With the database away: how old the knowledge is, ms. */
  readonly staleMs: number | null;
}

/** A timeline to read, and the version it must have reached. */
export interface ReadTarget {
  readonly timeline: string;
  readonly options: { readonly minVersion?: number };
}

/** Looks at the live timeline within one turn; what `view` returns must not hold on to the state. */
export function readLive<Body>(
  { runtime }: Boot,
  { timeline, options }: ReadTarget,
  view: (live: LiveView) => Body,
): Promise<Answer<Body>> {
  return runtime.read(timeline, options, (live) => ({
    body: view(live),
    version: live.version,
    staleMs: live.staleMs,
  }));
}

/** Sends an answer's version and age as headers and returns its body. */
export function answered<Body>(reply: FastifyReply, { body, version, staleMs }: Answer<Body>): Body {
  void reply.header('etag', versionTag(version));
  if (staleMs !== null) void reply.header('seed-stale-ms', String(Math.ceil(staleMs)));
  return body;
}
