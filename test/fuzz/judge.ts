import { gunzipSync } from 'node:zlib';
import { breaches } from './schema-check.js';
import type { Operation, Reference, Schema } from './reference.js';
import type { FuzzRequest } from './requests.js';
import type { WireReply } from './wire.js';

/** Reasons for a 503 that a request itself can bring about, and what brings it about. */
const EXPLAINED: Readonly<Record<string, string>> = {
  overloaded: 'a process imports one archive at a time, and was asked to import another',
  'version-not-reached': 'it asked for a version that the timeline did not reach within two seconds',
};

/** What a client should never see of the inside. Nothing that is sent holds any of it. */
const INSIDE =
  /\n\s+at |\.[jt]s:\d|node_modules|syntax error at or near|relation "|duplicate key value|violates |QueryFailed|TypeError|RangeError|SyntaxError|ECONN/;

const ROLES = ['everyone', 'reader', 'agent', 'operator', 'admin'];

export interface Judged {
  /** What is wrong with the reply, each as a sentence. */
  readonly wrong: readonly string[];
  /** The code of a 503 that is explained; null for any other reply. */
  readonly unavailable: string | null;
}

/** @param role Of the key that was sent; null where the server is open. */
export function judge(
  reference: Reference,
  { request, reply, role }: { readonly request: FuzzRequest; readonly reply: WireReply; readonly role: string | null },
): Judged {
  const { status } = reply;
  const isHead = request.method === 'HEAD';
  if (status >= 400) {
    const problem = isHead ? headProblem(reply) : problemIn(reference, reply);
    return { wrong: problem.wrong, unavailable: status === 503 ? (problem.code ?? 'HEAD') : null };
  }
  const wrong = [...(request.mustBeRefused ? [`it was to be refused, and has ${status}`] : [])];
  const { operation } = request;
  if (operation !== null && role !== null && ROLES.indexOf(operation.leastRole) > ROLES.indexOf(role)) {
    wrong.push(`the role ${role} was let in`);
  }
  if (operation === null) wrong.push(...strangers(reply, request.method));
  else if (!isHead) wrong.push(...successIn(reference, operation, reply));
  return { wrong, unavailable: null };
}

/** A reply to bytes that are no sound HTTP. */
export function judgeBroken(reference: Reference, reply: WireReply): readonly string[] {
  if (reply.status >= 400) return problemIn(reference, reply).wrong;
  return reply.status === 200 ? [] : [`status ${reply.status}`];
}

interface Problem {
  readonly wrong: readonly string[];
  readonly code: string | null;
}

/** Without a body there is no code: that a 503 says when to come again has to do. */
function headProblem({ status, headers }: WireReply): Problem {
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  const isFault = status >= 500 && status !== 503;
  const wrong = [...(isFault ? [`status ${status}`] : []), ...(isProblem ? [] : ['it is no problem+json'])];
  return { wrong: [...wrong, ...headersOfProblem(status, headers)], code: null };
}

const serverFaults = (status: number, code: string | null): readonly string[] =>
  status < 500 || (status === 503 && code !== null && Object.hasOwn(EXPLAINED, code)) ? [] : [`status ${status}`];

function problemIn(reference: Reference, { status, headers, body }: WireReply): Problem {
  const text = body.toString();
  const value = parsed(text) as Readonly<Record<string, unknown>> | undefined;
  if (value === undefined) return { wrong: [`status ${status}, and no JSON: ${text.slice(0, 100)}`], code: null };
  const code = String(value['code']);
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') === true;
  const known = reference.problems.get(code);
  const told = JSON.stringify([value['title'], value['detail']]);
  const wrong = [
    ...serverFaults(status, code),
    ...(isProblem ? [] : [`it is ${headers.get('content-type')}, no problem+json`]),
    ...breaches(value, { $ref: '#/components/schemas/Problem' }, reference.root),
    ...(typeof value['traceId'] === 'string' ? [] : ['it has no traceId']),
    ...(value['status'] === status && known === status ? [] : [`status ${status}, and ${code} stands for ${known}`]),
    ...(value['type'] === `/problems/${code}` ? [] : [`its type is ${String(value['type'])}`]),
    ...(INSIDE.test(told) || INSIDE.test(text.replaceAll('\\n', '\n')) ? ['it tells of the inside'] : []),
    ...headersOfProblem(status, headers),
  ];
  return { wrong, code };
}

function headersOfProblem(status: number, headers: WireReply['headers']): readonly string[] {
  const needed = { 401: 'www-authenticate', 405: 'allow', 429: 'retry-after', 503: 'retry-after' }[status];
  return needed === undefined || headers.has(needed) ? [] : [`it has no ${needed}`];
}

/** A success of an altered path or method: of reads at most. */
function strangers({ status }: WireReply, method: string): readonly string[] {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) ? [] : [`a path or method that there is not has ${status}`];
}

function successIn(reference: Reference, operation: Operation, reply: WireReply): readonly string[] {
  const { status, headers, body } = reply;
  const described = operation.responses[String(status)];
  if (described === undefined) return [`status ${status} is not described`];
  const [entry] = Object.entries(described.content ?? {});
  if (entry === undefined) return body.length === 0 ? [] : ['it has a body'];
  const [mediaType, { schema }] = entry;
  if (headers.get('content-type')?.startsWith(mediaType) !== true) return [`it is not ${mediaType}`];
  return CONTENT[mediaType]?.(body, schema, reference, reply.isCut) ?? [];
}

const CONTENT: Readonly<
  Record<string, (body: Buffer, schema: Schema, reference: Reference, isCut: boolean) => readonly string[]>
> = {
  'application/json': (body, schema, { root }) => {
    const value = parsed(body.toString());
    return value === undefined ? ['it is no JSON'] : breaches(value, schema, root);
  },
  'application/gzip': (body) => {
    try {
      return gunzipSync(body).length > 0 ? [] : ['the archive is empty'];
    } catch (error) {
      return [`the archive cannot be unpacked: ${String(error)}`];
    }
  },
  'text/event-stream': (body, _schema, { root }, isCut) => {
    const blocks = body.toString().split('\n\n');
    const whole = isCut ? blocks.slice(0, -1) : blocks;
    const data = whole.flatMap((block) => block.split('\n').filter((line) => line.startsWith('data: ')));
    return data.flatMap((line) => {
      const value = parsed(line.slice('data: '.length)) as Readonly<Record<string, unknown>> | undefined;
      if (value === undefined) return ['an event of the stream is no JSON'];
      return 'version' in value && 'type' in value ? breaches(value, { $ref: '#/components/schemas/Event' }, root) : [];
    });
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
