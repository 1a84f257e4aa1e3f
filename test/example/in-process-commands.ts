import { formatDecimal, fromText, parseDecimal, PPM, type Command, type Decided, type MicroText } from '#domain';

/** Untyped, as it comes over HTTP. */
type Data = ReturnType<typeof JSON.parse>;

/** A batch entry in the units of HTTP → the command in those of the domain; only the entries that the example sends. */
export function commandOf(type: string, data: Data): Command {
  const timeMs = (text: string): number => Date.parse(text);
  const { amount, deposit, liquidity, minShares } = data;
  const money = {
    ...(amount !== undefined && { amount: microOf(amount) }),
    ...(deposit !== undefined && { deposit: microOf(deposit) }),
    ...(liquidity !== undefined && { liquidity: microOf(liquidity) }),
    ...(minShares !== undefined && { minShares: microOf(minShares) }),
  };
  const rest = { type, ...data, ...money } as unknown;
  switch (type) {
    case 'CreateTimeline':
      return { type, clock: data.clock, startAtMs: timeMs(data.startAt) };
    case 'AdvanceClock':
      return { type, toMs: timeMs(data.to) };
    case 'CreateMarket':
      return { ...(rest as Command & { type: 'CreateMarket' }), expiresAtMs: timeMs(data.expiresAt) };
    case 'IngestWorldEvent':
      return worldEventOf(data);
    default:
      return rest as Command;
  }
}

function worldEventOf(data: Data): Command {
  const { eventId, title, description, source, domain, duration } = data;
  const millionths = (name: string): number => Math.round((data[name] ?? 0) * PPM);
  return {
    type: 'IngestWorldEvent',
    ...{ eventId, title, description, source, url: '', domain, duration },
    publishedAtMs: Date.parse(data.publishedAt),
    inputs: {
      sentiment: millionths('sentiment'),
      socialVolume: millionths('socialVolume'),
      newsVelocity: millionths('newsVelocity'),
      assetVolatility: millionths('assetVolatility'),
    },
  };
}

/** What the reply to a command says, made from its own events. */
export function receiptOf(command: Command, events: readonly Decided[]): unknown {
  if (command.type === 'DistributeYield') {
    const paid = events.find((event) => event.type === 'YieldDistributed');
    return { total: paid === undefined ? '0' : decimal(paid.data.total) };
  }
  for (const event of events) {
    if (event.type === 'MarketResolved') {
      const { payouts } = event.data;
      return { payouts: payouts.map(({ agentId, amount }) => ({ agentId, amount: decimal(amount) })) };
    }
    if (event.type === 'BetPlaced') {
      const { amount, fee, shares, priceAfterPpm } = event.data;
      return {
        amount: decimal(amount),
        fee: decimal(fee),
        shares: decimal(shares),
        priceAfter: formatDecimal(BigInt(priceAfterPpm)),
      };
    }
  }
  return {};
}

const decimal = (text: MicroText): string => formatDecimal(fromText(text));

function microOf(text: string): bigint {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`Not an amount: ${text}`);
  return value;
}
