import type { Confirmation, KeyDigest, RecordedKey } from '#event-log';
import { isSameRequest } from './contract.js';
import type { BurntKeys } from './group.js';
import { restoredOutcome, type StoredPart, type Work } from './work.js';

/** How many parts of a keyed batch are looked up at a time. */
const PARTS_PER_LOOKUP = 4;

export interface LookedUpKeys {
  readonly burnt: BurntKeys;
  /** Whether the head was confirmed on the way, after all of the works had arrived. */
  readonly confirmed: boolean;
}

/**
 * Which keys of the works are burnt: one read for all of them, which confirms the head as well. What is recorded of a keyed
 * batch is given to its work, part by part, so that it goes on where an earlier execution stopped.
 */
export async function lookUpKeys(
  works: readonly Work[],
  {
    entriesPerRoundMax,
    confirm,
  }: {
    readonly entriesPerRoundMax: number;
    readonly confirm: (digests: readonly KeyDigest[]) => Promise<Confirmation>;
  },
): Promise<LookedUpKeys> {
  const burnt = new Map<string, RecordedKey>();
  let wanted = works.flatMap((work) => digestsOf(work, entriesPerRoundMax));
  const confirmed = wanted.length > 0;
  while (wanted.length > 0) {
    const { keys } = await confirm(wanted);
    for (const key of keys) burnt.set(key.digest, key);
    const unfinished = works.filter((work) => restore(work, burnt));
    wanted = unfinished.flatMap((work) => digestsOf(work, entriesPerRoundMax));
  }
  return { burnt, confirmed };
}

function digestsOf(work: Work, entriesMax: number): readonly KeyDigest[] {
  const { isOver, atomic, batchKey, parts, entries, next } = work;
  if (isOver) return [];
  if (batchKey !== null) return Array.from({ length: PARTS_PER_LOOKUP }, (_, i) => batchKey.digest(parts + i));
  const digests: KeyDigest[] = [];
  // An atomic batch is decided whole, whatever a round takes otherwise.
  const end = atomic ? entries.length : Math.min(entries.length, next + entriesMax);
  for (let i = next; i < end; i += 1) {
    const key = entries[i]?.key;
    if (key != null) digests.push(key.digest(0));
  }
  return digests;
}

/** Gives a keyed batch what is recorded of it; true if all parts that were asked for were there, and more may be. */
function restore(work: Work, burnt: BurntKeys): boolean {
  const { batchKey } = work;
  if (batchKey === null || work.isOver) return false;
  for (let looked = 0; looked < PARTS_PER_LOOKUP; looked += 1) {
    const recorded = burnt.get(batchKey.digest(work.parts));
    if (recorded === undefined) return false;
    if (!isSameRequest(recorded, batchKey)) {
      work.end({ status: 'key-reused' });
      return false;
    }
    takePart(work, JSON.parse(recorded.reply ?? 'null') as StoredPart);
    if (work.isOver) return false;
  }
  return true;
}

function takePart(work: Work, part: StoredPart): void {
  work.parts += 1;
  if ('refusedIndex' in part) {
    work.end({ status: 'refused', index: part.refusedIndex, refusal: { kind: 'refused', ...part.refusal } });
  } else {
    work.settle(part.outcomes.map(restoredOutcome), part.version);
  }
}
