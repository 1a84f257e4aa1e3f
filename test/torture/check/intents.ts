import { keyDigest } from '#event-log';
import type { Operation } from '../history.js';
import type { BurntKey } from './evidence.js';

/** What clients meant to happen once: all operations with one key, or one operation without. */
export interface Intent {
  readonly operations: readonly Operation[];
  /** When it was first asked for. */
  readonly invokedMs: number;
  /** When it was first answered that it had happened; never, where no answer said so. */
  readonly answeredMs: number;
  readonly key: string | null;
  /** Versions that it wrote, says the log by its key; of a batch one for each part. Null without a key. */
  readonly burnt: readonly BurntKey[] | null;
  /** The commands, in order; one, but for a batch. */
  readonly isBatch: boolean;
}

/** Everybody is this principal as long as the server needs no keys. */
const PRINCIPAL = 'anonymous';

/** Puts the operations of one timeline together; reads and keys sent with another body mean nothing to happen. */
export function intentsOf(operations: readonly Operation[], keys: ReadonlyMap<string, BurntKey>): readonly Intent[] {
  const byKey = new Map<string, Operation[]>();
  const alone: Operation[] = [];
  for (const operation of operations) {
    const { kind } = operation.asked;
    if (kind === 'read' || kind === 'reuse') continue;
    if (operation.key === null) alone.push(operation);
    else byKey.set(operation.key, [...(byKey.get(operation.key) ?? []), operation]);
  }
  return [
    ...alone.map((operation) => intentOf([operation], null, null)),
    ...[...byKey].map(([key, of]) => intentOf(of, key, burntBy(key, keys))),
  ];
}

export const isAccepted = ({ outcome, reply }: Operation): boolean =>
  outcome === 'answered' && reply !== null && reply.status < 300;

function intentOf(operations: readonly Operation[], key: string | null, burnt: readonly BurntKey[] | null): Intent {
  const accepted = operations.filter(isAccepted);
  return {
    operations,
    invokedMs: Math.min(...operations.map(({ invokedMs }) => invokedMs)),
    answeredMs: Math.min(Number.POSITIVE_INFINITY, ...accepted.map(({ completedMs }) => completedMs)),
    key,
    burnt,
    isBatch: operations[0]?.asked.kind === 'batch',
  };
}

/** The parts that a key was burnt with, in order. */
function burntBy(key: string, keys: ReadonlyMap<string, BurntKey>): readonly BurntKey[] {
  const parts: BurntKey[] = [];
  for (;;) {
    const part = keys.get(keyDigest({ principal: PRINCIPAL, key, part: parts.length }));
    if (part === undefined) return parts;
    parts.push(part);
  }
}
