import { DOMAINS, DURATIONS } from '#domain';
import { decimal, instant, listOf, object, oneOf, orNull, score, whole, words } from '../reference/schemas.js';

export const marketFields = {
  marketId: words,
  eventId: orNull(words),
  title: words,
  description: words,
  domain: oneOf(...DOMAINS),
  duration: oneOf(...DURATIONS),
  status: oneOf('open', 'closed', 'resolved', 'void'),
  createdAt: instant,
  expiresAt: instant,
  outcomes: listOf(object({ name: words, price: decimal, pool: decimal })),
  volume: decimal,
  fees: decimal,
  feeBps: whole,
  escrow: decimal,
  liquidity: decimal,
  viralityScore: orNull(score),
  resolution: {
    anyOf: [
      object({ kind: { const: 'resolved' }, payout: listOf(whole), winner: orNull(words), at: instant }),
      object({ kind: { const: 'void' }, reason: words, at: instant }),
      { type: 'null' },
    ],
  },
};

export const marketSchema = object(marketFields);
