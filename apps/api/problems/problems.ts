import type { RefusalCode } from '#domain';

/** What can go wrong besides a refusal by the economy. */
type FaultCode =
  | 'access-key-ended'
  | 'access-key-unknown'
  | 'access-keys-full'
  | 'access-open'
  | 'archive-damaged'
  | 'archive-too-large'
  | 'archive-unsound'
  | 'body-too-large'
  | 'clock-disagreement'
  | 'confirmation-missing'
  | 'database-unavailable'
  | 'deadline-exceeded'
  | 'draining'
  | 'failed'
  | 'fault'
  | 'forbidden'
  | 'fork-depth-reached'
  | 'headers-too-large'
  | 'issuer-unavailable'
  | 'key-reused'
  | 'label-taken'
  | 'label-unknown'
  | 'malformed-input'
  | 'malformed-request'
  | 'media-type-unsupported'
  | 'method-not-allowed'
  | 'outcome-unknown'
  | 'overloaded'
  | 'precondition-failed'
  | 'replay-finished'
  | 'replay-unknown'
  | 'request-timeout'
  | 'route-unknown'
  | 'starting'
  | 'state-unknown'
  | 'storage-full'
  | 'timeline-has-forks'
  | 'timeline-is-master'
  | 'timeline-name-taken'
  | 'timeline-stopped'
  | 'timeline-unknown'
  | 'too-many-connections'
  | 'too-many-requests'
  | 'too-many-streams'
  | 'unauthenticated'
  | 'url-too-long'
  | 'version-ahead'
  | 'version-inside-command'
  | 'version-not-reached';

export type ProblemCode = RefusalCode | FaultCode;

/** How a problem is answered over HTTP. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Sent as `Retry-After` unless the fault itself knows better. */
  readonly retryAfterSeconds?: number;
}

const malformed = (title: string): ProblemKind => ({ status: 400, title });
const unknown = (title: string): ProblemKind => ({ status: 404, title });
const conflict = (title: string): ProblemKind => ({ status: 409, title });
const unavailable = (title: string, retryAfterSeconds = 1): ProblemKind => ({ status: 503, title, retryAfterSeconds });

/** Every problem that a client can meet. Codes are stable; a new one needs its line here, or nothing compiles. */
export const PROBLEMS = {
  'access-key-ended': conflict('The access key is not in force'),
  'access-key-unknown': unknown('There is no such access key'),
  'access-keys-full': conflict('As many access keys are in force as there may be'),
  'access-open': conflict('The server is not protected'),
  'agent-exists': conflict('The agent is registered already'),
  'agent-unknown': unknown('There is no such agent'),
  'amount-too-small': conflict('The amount is too small to have an effect'),
  'archive-damaged': malformed('The archive is cut off or was altered'),
  'archive-too-large': { status: 413, title: 'The archive is larger than this server reads' },
  'archive-unsound': malformed('The archive holds what no log may hold'),
  'body-too-large': { status: 413, title: 'The body is too large' },
  'clock-backwards': conflict('A clock never runs backwards'),
  'clock-disagreement': unavailable('This process and the database disagree about the time', 5),
  'clock-not-virtual': conflict('Only a virtual clock can be advanced'),
  'confirmation-missing': conflict('What is removed has to be named once more'),
  'database-unavailable': unavailable('The database cannot be reached', 2),
  'deadline-exceeded': unavailable('The command was not reached before its deadline'),
  'document-limit-reached': conflict('The timeline keeps no more documents'),
  'document-unknown': unknown('There is no such document'),
  draining: unavailable('The server is stopping', 2),
  'event-id-taken': conflict('The event id stands for other content'),
  'event-unknown': unknown('There is no such world event'),
  'expiry-not-in-future': conflict('The market would have expired already'),
  failed: unavailable('The server could not start', 30),
  fault: { status: 500, title: 'The server made a mistake; nothing was stored' },
  forbidden: { status: 403, title: 'The key does not allow it' },
  'fork-depth-reached': conflict('The timeline is a fork of too many forks'),
  'headers-too-large': { status: 431, title: 'The header fields are too large' },
  'import-invalid': malformed('The files cannot be imported'),
  'insufficient-funds': conflict('There is not enough money'),
  'insufficient-shares': conflict('There are not enough shares'),
  'insufficient-stake': conflict('There is not enough stake'),
  'issuer-unavailable': unavailable('Whoever issued the token cannot be asked for its keys', 5),
  'key-reused': conflict('The idempotency key was used with another request'),
  'label-taken': conflict('The label names another version'),
  'label-unknown': unknown('There is no such label'),
  'malformed-input': malformed('The input is malformed'),
  'malformed-request': malformed('The request is malformed'),
  'market-id-missing': malformed('The market needs an id'),
  'market-id-taken': conflict('The market id is in use'),
  'market-not-open': conflict('The market is not open'),
  'market-settled': conflict('The market is settled already'),
  'market-unknown': unknown('There is no such market'),
  'media-type-unsupported': { status: 415, title: 'The body must be application/json' },
  'method-not-allowed': { status: 405, title: 'The route has no such method' },
  'no-such-outcome': unknown('The market has no such outcome'),
  'not-storable': { status: 422, title: 'The database cannot store it' },
  'outcome-unknown': unavailable('Whether the command took effect is not known', 1),
  overloaded: unavailable('The server is overloaded'),
  'payout-invalid': malformed('The payout does not fit the market'),
  'precondition-failed': { status: 412, title: 'The timeline has moved on' },
  'replay-finished': conflict('The replay has ended already'),
  'replay-unknown': unknown('There is no such replay'),
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'route-unknown': unknown('There is no such route'),
  'same-account': malformed('Both sides of the transfer are the same'),
  slippage: conflict('The trade would be worse than asked'),
  starting: unavailable('The server is starting'),
  'state-unknown': unknown('The timeline had not begun'),
  'storage-full': { status: 507, title: 'The database has no room for it', retryAfterSeconds: 10 },
  'time-limit-reached': conflict('No timeline runs past the year 9999'),
  'timeline-has-forks': conflict('Other timelines stand on it'),
  'timeline-is-master': conflict('The master timeline stays as it is'),
  'timeline-name-taken': conflict('The name is in use'),
  'timeline-not-active': conflict('The timeline takes no commands'),
  'timeline-stopped': unavailable('This server cannot go on with the timeline', 30),
  'timeline-unknown': unknown('There is no such timeline'),
  'too-many-connections': { status: 429, title: 'Too many connections are open', retryAfterSeconds: 5 },
  'too-many-requests': { status: 429, title: 'Too many requests', retryAfterSeconds: 1 },
  'too-many-streams': { status: 429, title: 'Too many event streams are open', retryAfterSeconds: 5 },
  unauthenticated: { status: 401, title: 'A valid access key is needed' },
  'url-too-long': { status: 414, title: 'The URL is too long' },
  'version-ahead': conflict('The version is ahead of the timeline'),
  'version-inside-command': conflict('The version is inside a command'),
  'version-not-reached': unavailable('The timeline has not reached the version'),
} as const satisfies Record<ProblemCode, ProblemKind>;

/** One field of the input that cannot be accepted. */
export interface InputError {
  /** JSON Pointer (RFC 6901) into the route's parameters, query and body taken together; headers under `/headers`. */
  readonly pointer: string;
  readonly detail: string;
}

/** A problem as RFC 9457 has it. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly traceId?: string;
  readonly errors?: readonly InputError[];
}

/** The stable URI of a problem; it is also a page of this server. */
export const problemType = (code: ProblemCode): string => `/problems/${code}`;

export const problemDetails = (code: ProblemCode, detail: string): ProblemDetails => ({
  type: problemType(code),
  title: PROBLEMS[code].title,
  status: PROBLEMS[code].status,
  detail,
  code,
});
