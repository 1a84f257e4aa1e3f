import { createHash } from 'node:crypto';
import type { JsonValue } from '#domain';
import { sortedJson } from '#presentation';
import type { NewFork, NewLabel, NewReplay } from './desk.js';

/** A change as the request that asks a server for it. On the database its key stands for the same request. */
export interface Change {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  /** What is in the URL behind the path, and no part of what a key stands for. */
  readonly query?: string;
  /** JSON text with sorted keys. */
  readonly body?: string;
  /** What an idempotency key stands for: method, path within the key's scope, and body. */
  readonly request: string;
}

const timelinePath = (timeline: string): string => `/v1/timelines/${timeline}`;

export function forkChange(parent: string, fork: NewFork): Change {
  const path = `${timelinePath(parent)}/forks`;
  const body = sortedJson(fork);
  return { method: 'POST', path, body, request: `POST ${path}\n${body}` };
}

export const labelChange = (timeline: string, label: NewLabel): Change =>
  changeOf(timeline, '/labels', sortedJson(label));

export const completeChange = (timeline: string, result: JsonValue | undefined): Change =>
  changeOf(timeline, '/complete', sortedJson(result === undefined ? {} : { result }));

export const archiveChange = (timeline: string): Change => changeOf(timeline, '/archive', undefined);

export function removeChange(timeline: string): Change {
  const path = timelinePath(timeline);
  return { method: 'DELETE', path, query: `?confirm=${timeline}`, request: `DELETE ${path}\n` };
}

export function replayChange(replay: NewReplay): Change {
  const path = '/v1/admin/replays';
  const body = sortedJson(replay);
  return { method: 'POST', path, body, request: `POST ${path}\n${body}` };
}

/** The key's scope is the timeline, whose name is no part of what the key stands for. */
const changeOf = (timeline: string, below: string, body: string | undefined): Change => ({
  method: 'POST',
  path: timelinePath(timeline) + below,
  ...(body !== undefined && { body }),
  request: `POST ${below}\n${body ?? 'null'}`,
});

/** The key given, or one made of the change: the same command line again brings the same key. */
export function keyOf({ method, path, body = '' }: Change, given: string | undefined): string {
  return given ?? `seed-${createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex')}`;
}
