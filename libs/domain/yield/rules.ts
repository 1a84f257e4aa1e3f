import type { Micro } from '../units.js';
import { distributable } from './integrals.js';
import type { YieldAccount } from './state.js';

/** The rule that new distributions name. */
export const YIELD_RULE = 'integral-1';

/**
 * What a distribution through a time moves to the payable, by the rule that a `YieldDistributed` names. None is ever
 * changed or taken out, for logs name them for ever: docs/changing-events.md.
 */
export const YIELD_RULES: ReadonlyMap<string, (account: YieldAccount, throughMs: number) => Micro> = new Map([
  ['integral-1', distributable],
]);
