import { BOTS } from '../seed/economy.js';
import { requestBytes } from './connection.js';

const outcomes = ['YES', 'NO'];
const bet = (n: number) => ({
  marketId: 'market-0',
  agentId: `bot-${n % BOTS}`,
  outcome: outcomes[n % outcomes.length],
  amount: '1',
});

/** The requests of bets, one a bot, made before the clock runs; `nth` goes round them. */
export function betRequests(timeline: string): (n: number) => Buffer {
  const requests = Array.from({ length: BOTS }, (_, n) => requestBytes(betRequest(timeline, n)));
  return (n) => requests[n % BOTS] ?? Buffer.alloc(0);
}

/** The same bets, each with a key that was never used before. */
export function keyedBetRequests(timeline: string): (n: number) => Buffer {
  let keys = 0;
  return (n) => requestBytes({ ...betRequest(timeline, n), key: `key-${(keys += 1)}` });
}

function betRequest(timeline: string, n: number) {
  const { marketId, ...body } = bet(n);
  return { method: 'POST', path: `/v1/timelines/${timeline}/markets/${marketId}/bets`, body } as const;
}

/** A batch of bets. */
export function batchRequest(timeline: string, bets: number): Buffer {
  const commands = Array.from({ length: bets }, (_, n) => ({ type: 'PlaceBet', data: bet(n) }));
  return requestBytes({ method: 'POST', path: `/v1/timelines/${timeline}/commands`, body: { commands } });
}

/** Reads of the agents, one each; `nth` goes round them. */
export function agentReads(timeline: string): (n: number) => Buffer {
  const requests = Array.from({ length: BOTS }, (_, n) =>
    requestBytes({ method: 'GET', path: `/v1/timelines/${timeline}/agents/bot-${n}` }),
  );
  return (n) => requests[n % BOTS] ?? Buffer.alloc(0);
}
