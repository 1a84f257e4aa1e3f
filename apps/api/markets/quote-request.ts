import type { MarketId, QuoteRequest } from '#domain';
import { amountOf } from '#presentation';
import { Optional, Required } from '../fields/field.js';
import { readFields, type InputErrors } from '../fields/read.js';
import { amount, oneOf, outcomeName } from '../fields/rules.js';

/** The body that asks for a quote: a budget to buy for, or shares to sell. */
export class QuoteInput {
  @Required(oneOf('buy', 'sell'))
  readonly side!: 'buy' | 'sell';

  @Required(outcomeName)
  readonly outcome!: string;

  @Optional(amount)
  readonly amount?: string;

  @Optional(amount)
  readonly shares?: string;
}

/** @throws ProblemError `malformed-input` */
export function readQuoteRequest(body: unknown, marketId: string, errors: InputErrors): QuoteRequest {
  const input = readFields(QuoteInput, body ?? {}, { pointer: '', errors });
  const wanted = input?.side === 'sell' ? 'shares' : 'amount';
  const other = wanted === 'shares' ? 'amount' : 'shares';
  if (input !== undefined && input[wanted] === undefined) errors.add(`/${wanted}`, `is required to ${input.side}`);
  if (input?.[other] !== undefined) errors.add(`/${other}`, `must be absent to ${input.side}`);
  errors.throwIfAny();
  const { side = 'buy', outcome = '', [wanted]: size = '0' } = { ...input };
  const market = { marketId: marketId as MarketId, outcome };
  return side === 'buy' ? { side, ...market, amount: amountOf(size) } : { side, ...market, shares: amountOf(size) };
}
