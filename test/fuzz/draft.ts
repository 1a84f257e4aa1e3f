import type { Dice } from '../dice.js';
import type { Operation } from './reference.js';
import { textOf, type Honest } from './valid.js';

/** A request while it is being made: what an honest client would send, to be altered in places. */
export interface Draft {
  readonly operation: Operation;
  method: string;
  /** The parts of the path, encoded. */
  readonly segments: { readonly parameter: string | null; text: string }[];
  /** `name=value`, encoded. */
  readonly query: string[];
  readonly headers: [name: string, value: string][];
  /** Fields of a JSON object; null where the body is none. */
  fields: Map<string, string> | null;
  /** Sent as it is, in place of the fields. */
  body: string | Buffer | null;
}

/** @param archive What an import takes. */
export function draftOf(operation: Operation, honest: Honest, roll: Dice, archive: Buffer): Draft {
  const { id, path, inQuery, headers, body, method } = operation;
  const segments = path
    .slice(1)
    .split('/')
    .map((text) => {
      const parameter = /^\{(\w+)\}$/.exec(text)?.[1] ?? null;
      return { parameter, text: parameter === null ? text : encoded(honest.text(id, parameter, {})) };
    });
  const query = inQuery
    .filter(({ isRequired }) => isRequired || roll(4) === 0)
    .map(({ name, schema }) => `${name}=${encoded(honest.text(id, name, schema))}`);
  const drawn: [string, string][] = [];
  if (headers.has('Idempotency-Key') && roll(3) === 0) drawn.push(['Idempotency-Key', `key${roll(400)}`]);
  if (headers.has('If-Match') && roll(12) === 0) drawn.push(['If-Match', `"${1 + roll(300)}"`]);
  if (headers.has('Seed-Reason') && roll(2) === 0) drawn.push(['Seed-Reason', 'because']);
  const draft: Draft = {
    operation,
    method,
    segments,
    query,
    headers: drawn,
    fields: null,
    body: null,
  };
  if (body === null) return draft;
  const isFields = body.schema['properties'] !== undefined || body.schema['$ref'] !== undefined;
  if (body.mediaType !== 'application/json') draft.body = archive;
  else if (isFields) draft.fields = honest.fields(id, body.schema);
  else draft.body = honest.text(id, 'text', {});
  drawn.push(['Content-Type', body.mediaType]);
  return draft;
}

/** A text in a part of a path or in a query. A lone surrogate goes as the bytes that UTF-8 forbids. */
export function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
}

/** A text in a header: its bytes, without those that end the header. */
export const inHeader = (text: string): string =>
  Buffer.from(text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '')).toString('latin1');

export function targetOf({ segments, query }: Draft): string {
  const path = `/${segments.map(({ text }) => text).join('/')}`;
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

export function bodyOf({ fields, body }: Draft): Buffer | null {
  if (body !== null) return typeof body === 'string' ? Buffer.from(body) : body;
  return fields === null ? null : Buffer.from(textOf(fields));
}
