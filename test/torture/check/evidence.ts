import type { RecordedEvent } from '#event-log';

/** Where one state hash was read from. */
export interface SeenHash {
  /** Which server, and how it had come by its state. */
  readonly from: string;
  readonly version: number;
  readonly stateHash: string;
}

/** What is known of a timeline besides its operations: gathered while nobody writes, judged by the checker alone. */
export interface TimelineFacts {
  readonly timeline: string;
  readonly clock: 'wall' | 'virtual';
  /** What the prover said of rows and chain, or a server that cannot show the state; null where all is sound. */
  readonly violation: string | null;
  readonly hashes: readonly SeenHash[];
}

/** A key as the log has it, by the text that the client sent. */
export interface BurntKey {
  /** Digest under which the log keeps it. */
  readonly digest: string;
  readonly firstVersion: number;
  readonly lastVersion: number;
}

/** The files of one timeline, in the folder of its round. */
export const filesOf = (folder: string, timeline: string) => ({
  operations: `${folder}/${timeline}.operations.ndjson`,
  events: `${folder}/${timeline}.events.ndjson`,
  keys: `${folder}/${timeline}.keys.ndjson`,
  facts: `${folder}/${timeline}.facts.json`,
});

/** What one command of the log wrote. */
export interface LoggedCommand {
  readonly commandId: string;
  readonly actor: string;
  readonly firstVersion: number;
  readonly lastVersion: number;
  readonly events: readonly RecordedEvent[];
}

/** What checking one timeline came to. */
export interface Verdict {
  readonly timeline: string;
  /** Every entry of a batch is one. */
  readonly operations: number;
  readonly requests: number;
  readonly events: number;
  readonly accepted: number;
  readonly refused: number;
  readonly reads: number;
  readonly staleReads: number;
  /** Operations that were said to have had no effect. */
  readonly failed: number;
  /** Operations whose outcome no answer told, and what the log says of them. */
  readonly unknown: { readonly tookEffect: number; readonly hadNone: number };
  /** By kind; the first of each in words. */
  readonly violations: readonly Violation[];
}

/** One kind of broken promise. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly count: number;
  readonly first: string;
}

/**
 * - `lost`: acknowledged, and not in the log.
 * - `doubled`: in the log more than once, or by nobody's hand.
 * - `order`: an effect, a refusal or a read outside the time in which it was asked and answered.
 * - `answer`: an answer that the model, folded from the log, does not give.
 * - `effect`: what was said to have had no effect had one.
 * - `density`, `chain`, `economy`, `hash`, `twice`: invariants 2 to 6 of the log.
 * - `fault`: an answer that breaks the contract, such as a 500.
 */
export type ViolationKind =
  'answer' | 'chain' | 'density' | 'doubled' | 'economy' | 'effect' | 'fault' | 'hash' | 'lost' | 'order' | 'twice';

/** Collects what is wrong: each kind counted, its first in words. */
export class Findings {
  readonly #found = new Map<ViolationKind, { count: number; first: string }>();

  add(kind: ViolationKind, words: string): void {
    const found = this.#found.get(kind);
    if (found === undefined) this.#found.set(kind, { count: 1, first: words.slice(0, 2_000) });
    else found.count += 1;
  }

  list(): readonly Violation[] {
    return [...this.#found].map(([kind, found]) => ({ kind, ...found }));
  }
}
