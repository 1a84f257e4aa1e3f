const placed = {
  marketId: 'market-0',
  agentId: 'bot-42',
  outcome: 'YES',
  amount: '1',
  fee: '0.03',
  shares: '1.939998',
  priceBefore: '0.500001',
  priceAfter: '0.500002',
};

/** A reply of the size and shape of the product's to a bet. */
export const betReply = {
  version: 123_456,
  result: placed,
  events: [{ version: 123_456, type: 'BetPlaced', at: '1970-01-01T00:00:00.000Z', data: placed }],
};

/** And to the read of an agent. */
export const agentReply = {
  agentId: 'bot-42',
  name: 'bot-42',
  available: '999876',
  staked: '0',
  yieldEarned: '0',
  yieldPending: '0',
  yieldRemainder: '0',
  positions: [
    { marketId: 'market-0', outcome: 'YES', shares: '1.939998', value: '0.969999' },
    { marketId: 'market-0', outcome: 'NO', shares: '1.939998', value: '0.969997' },
  ],
};
