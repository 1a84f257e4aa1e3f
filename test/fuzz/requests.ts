import { dice, pick, type Dice } from '../dice.js';
import { alter } from './altered.js';
import { broken, type Broken } from './broken.js';
import { bodyOf, draftOf, targetOf, type Draft } from './draft.js';
import { operationAt, type Operation, type Reference } from './reference.js';
import { Honest, type KnownIds } from './valid.js';
import { breakOneThing } from './wrong.js';

/** Requests are sent in blocks of so many; every other one holds none that could be accepted. */
export const BLOCK = 200;

/** Valid; valid but for one thing; altered anyhow; no HTTP. */
export const KINDS = ['valid', 'wrong', 'hostile', 'broken'] as const;
export type Kind = (typeof KINDS)[number];

export interface FuzzRequest {
  readonly kind: Kind;
  readonly method: string;
  readonly target: string;
  /** As it is sent. */
  readonly bytes: Buffer;
  /** Whose contract the reply is under; null where the request may be any. */
  readonly operation: Operation | null;
  /** A reply that accepts it would be wrong, whatever the state is. */
  readonly mustBeRefused: boolean;
  readonly broken: Broken | null;
}

/** What requests are drawn from. */
export interface Source {
  readonly reference: Reference;
  readonly known: KnownIds;
  /** What an import takes. */
  readonly archive: Buffer;
  /** The key that requests carry; null for none. */
  readonly key: string | null;
}

/** Work of seconds is asked for less often than the rest. */
const HEAVY = new Set([
  'ExportArchive',
  'ImportArchive',
  'ImportLegacy',
  'StartReplay',
  'TakeSnapshot',
  'VerifyTimeline',
  'FindStrayRows',
]);

/** The request of a seed, a group and an index: the same each time, whatever was sent before. */
export function requestAt(
  source: Source,
  { seed, group, index }: { readonly seed: number; readonly group: string; readonly index: number },
): FuzzRequest {
  const roll = dice(mixed(seed, group, index));
  const operation = operationFor(source.reference, group, roll);
  const draft = draftOf(operation, new Honest(roll, source.reference, source.known), roll, source.archive);
  const kind = kindOf(operation, { roll, isRefusedBlock: Math.floor(index / BLOCK) % 2 === 1 });
  if (kind === 'wrong' || kind === 'broken') breakOneThing(draft, { roll, reference: source.reference });
  if (kind === 'hostile') alter(draft, roll);
  const bytes = bytesOf(draft, source.key);
  const { method } = draft;
  return {
    kind,
    method,
    target: targetOf(draft),
    bytes,
    operation: operationAt(source.reference, method, targetOf(draft)),
    mustBeRefused: kind === 'wrong',
    broken: kind === 'broken' ? broken(roll, bytes, authorizationOf(source.key)) : null,
  };
}

function operationFor({ operations }: Reference, group: string, roll: Dice): Operation {
  const own = operations.filter((operation) => operation.group === group);
  const drawn = pick(roll, own);
  return HEAVY.has(drawn.id) && roll(4) > 0 ? pick(roll, own) : drawn;
}

function kindOf({ method }: Operation, of: { readonly roll: Dice; readonly isRefusedBlock: boolean }): Kind {
  const { roll, isRefusedBlock } = of;
  const drawn = roll(100);
  if (drawn < 4) return 'broken';
  if (isRefusedBlock) return method === 'GET' && drawn < 50 ? 'valid' : 'wrong';
  if (drawn < 38) return 'valid';
  return drawn < 58 ? 'wrong' : 'hostile';
}

/** A seed of its own for each request. */
function mixed(seed: number, group: string, index: number): number {
  let mix = Math.imul(seed, 0x9e3779b1);
  for (const unit of group) mix = Math.imul(mix ^ unit.charCodeAt(0), 0x01000193);
  return Math.imul(mix ^ (index + 1), 0x85ebca6b);
}

const authorizationOf = (key: string | null): string => (key === null ? '' : `Authorization: Bearer ${key}\r\n`);

function bytesOf(draft: Draft, key: string | null): Buffer {
  const body = bodyOf(draft);
  const named = draft.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const hasHost = draft.headers.some(([name]) => name === 'Host');
  const head =
    `${draft.method} ${targetOf(draft)} HTTP/1.1\r\n${hasHost ? '' : 'Host: localhost\r\n'}` +
    `${authorizationOf(key)}${named}${body === null ? '' : `Content-Length: ${body.length}\r\n`}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
}
