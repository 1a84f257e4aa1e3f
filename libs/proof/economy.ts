import { createHash } from 'node:crypto';
import { auditEconomy, canonicalText, checkEconomy, evolve, readStoredEvent, State } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { Pace, VerifyOptions, Violation } from './contract.js';
import { EVENTS_PER_PIECE } from './pace.js';

/** What an event does that it may not, or that this build cannot read it. */
export type EventFault = Omit<Violation, 'timeline'>;

/** An audit looks at every row, so it is due when about as many events went by, and it costs as much as folding them. */
const EVENTS_BETWEEN_AUDITS_MIN = 1_000;
const EVENTS_PER_AUDITED_ROW = 4;

/** The economy of the proven events, folded apart from every live one and without any snapshot. */
export class Economy {
  readonly #pace: Pace;
  readonly #onGrowth: VerifyOptions['onGrowth'];
  #state = new State();
  /** The last version that was folded, and the last at which all the books balanced. */
  #version = 0;
  #auditedVersion = 0;
  /** An event was evolved half. */
  #isSpoiled = false;

  constructor(pace: Pace, onGrowth: VerifyOptions['onGrowth']) {
    this.#pace = pace;
    this.#onGrowth = onGrowth;
  }

  get version(): number {
    return this.#version;
  }

  get isAuditDue(): boolean {
    const { agents, markets, holdings } = this.#state;
    const rows = agents.size + markets.size + holdings.size;
    const interval = Math.max(EVENTS_BETWEEN_AUDITS_MIN, rows * EVENTS_PER_AUDITED_ROW);
    return this.#version - this.#auditedVersion >= interval;
  }

  /** Folds events in order, up to the first that cannot be. */
  async fold(events: readonly RecordedEvent[]): Promise<EventFault | undefined> {
    for (let start = 0; start < events.length; start += EVENTS_PER_PIECE) {
      if (this.#pace.mustRest) await this.#pace.rest();
      const fault = this.#pace.run(() => {
        for (const event of events.slice(start, start + EVENTS_PER_PIECE)) {
          const found = foldEvent(this.#state, event);
          if (found !== undefined) {
            this.#isSpoiled = found.kind === 'invariant';
            return found;
          }
          this.#version = event.version;
        }
        return undefined;
      });
      if (fault !== undefined) return fault;
      await this.#onGrowth?.(this.#state.bytes);
    }
    return undefined;
  }

  /**
   * Looks whether the books balance. Where they do not, the first event since the last audit that brought them out of
   * balance is found by folding again; `reread` gives the proven events from the first to that version.
   */
  async audit(reread: (toVersion: number) => AsyncIterable<readonly RecordedEvent[]>): Promise<EventFault | undefined> {
    const [badVersion, goodVersion] = [this.#version, this.#auditedVersion];
    if (!this.#isSpoiled && (await this.#inPieces(auditEconomy(this.#state))).length === 0) {
      this.#auditedVersion = badVersion;
      return undefined;
    }
    this.#state = new State();
    const suspects: RecordedEvent[] = [];
    for await (const events of reread(badVersion)) {
      await this.fold(events.filter(({ version }) => version <= goodVersion));
      suspects.push(...events.filter(({ version }) => version > goodVersion));
    }
    return firstOutOfBalance(this.#state, suspects);
  }

  /** SHA-256 of the state's canonical text, hexadecimal. */
  async stateHash(): Promise<string> {
    const hash = createHash('sha256');
    const pieces = canonicalText(this.#state);
    const hashed = function* (): Generator<undefined, void> {
      for (const piece of pieces) {
        hash.update(piece);
        yield;
      }
    };
    await this.#inPieces(hashed());
    return hash.digest('hex');
  }

  async #inPieces<Result>(work: Generator<undefined, Result>): Promise<Result> {
    for (;;) {
      if (this.#pace.mustRest) await this.#pace.rest();
      const { done, value } = this.#pace.run(() => work.next());
      if (done === true) return value;
    }
  }
}

function foldEvent(state: State, event: RecordedEvent): EventFault | undefined {
  const { version, type, atMs } = event;
  try {
    const read = readStoredEvent(event);
    if (read.kind === 'unreadable') return { version, kind: 'unreadable-event', detail: read.reason };
    evolve(state, read.event, { version, atMs });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { version, kind: 'invariant', detail: `the ${type} at version ${version} cannot be evolved: ${reason}` };
  }
}

/** Halves the suspects until one is left before which the books balance and after which they do not, if there is one. */
function firstOutOfBalance(base: State, suspects: readonly RecordedEvent[]): EventFault | undefined {
  let [good, bad] = [0, suspects.length];
  if (brokenAfter(base.overlay(), suspects) === undefined) return undefined;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const tried = base.overlay();
    if (brokenAfter(tried, suspects.slice(good, middle)) === undefined) {
      base.absorb(tried);
      good = middle;
    } else bad = middle;
  }
  const event = suspects[good];
  if (event === undefined) return undefined;
  const broken = brokenAfter(base, [event]) ?? 'the books do not balance';
  const { version, type } = event;
  return { version, kind: 'invariant', detail: `after the ${type} at version ${version} ${broken}` };
}

/** The first sentence about what does not balance once these events are folded. */
function brokenAfter(state: State, events: readonly RecordedEvent[]): string | undefined {
  for (const event of events) foldEvent(state, event);
  return checkEconomy(state)[0];
}
