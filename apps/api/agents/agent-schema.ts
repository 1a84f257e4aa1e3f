import { decimal, listOf, object, words } from '../reference/schemas.js';

const balancesSchema = {
  agentId: words,
  name: words,
  available: decimal,
  staked: decimal,
  yieldEarned: decimal,
  yieldPending: decimal,
  yieldRemainder: { type: 'string', pattern: '^[0-9]+$' },
};

export const agentFields = {
  ...balancesSchema,
  positions: listOf(object({ marketId: words, outcome: words, shares: decimal, value: decimal })),
};

export const agentSchema = object(agentFields);
