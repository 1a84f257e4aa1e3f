import type { DomainEvent } from './events.js';
import type { Refusal } from './refusal.js';

/** An event as decided: what happened and when on the timeline. */
export type Decided = DomainEvent & {
  /** Timeline time, ms since the Unix epoch. */
  readonly atMs: number;
};

/** What deciding a command came to. */
export type Decision =
  /** The facts to record; none means that there was nothing to do. */
  | { readonly kind: 'accepted'; readonly events: readonly Decided[] }
  /** The same was accepted before: the reply is that of the events at these versions. */
  | { readonly kind: 'repeated'; readonly firstVersion: number; readonly lastVersion: number }
  | Refusal;

/** What a decision may know besides the state and the command. */
export interface DecisionContext {
  /** Timeline time of the decision, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly limits: Limits;
}

/** Limits of one timeline that are the operator's, not the log's. */
export interface Limits {
  readonly documentsMax: number;
  readonly documentBytesMax: number;
}

export const accept = (...events: readonly Decided[]): Decision => ({ kind: 'accepted', events });

/** The event happens at the time of the decision. */
export const at = <Event extends DomainEvent>(atMs: number, event: Event): Event & { readonly atMs: number } => ({
  ...event,
  atMs,
});
