/** Why a command was refused: stable names, part of the HTTP contract. */
export type RefusalCode =
  | 'agent-exists'
  | 'agent-unknown'
  | 'amount-too-small'
  | 'clock-backwards'
  | 'clock-not-virtual'
  | 'document-limit-reached'
  | 'document-unknown'
  | 'event-id-taken'
  | 'event-unknown'
  | 'expiry-not-in-future'
  | 'import-invalid'
  | 'insufficient-funds'
  | 'insufficient-shares'
  | 'insufficient-stake'
  | 'market-id-missing'
  | 'market-id-taken'
  | 'market-not-open'
  | 'market-settled'
  | 'market-unknown'
  | 'no-such-outcome'
  | 'not-storable'
  | 'payout-invalid'
  | 'same-account'
  | 'slippage'
  | 'timeline-full'
  | 'timeline-not-active'
  | 'time-limit-reached';

/** A command that was understood and declined: a value, never an exception. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** One sentence for people: what stands in the way, with the figures. */
  readonly detail: string;
}

/** Refuses with a code and one sentence. */
export const refuse = (code: RefusalCode, detail: string): Refusal => ({ kind: 'refused', code, detail });
