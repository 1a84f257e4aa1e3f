import { formatTime } from '#presentation';
import { pick, type Dice } from '../dice.js';
import type { Asked } from './history.js';
import type { WireCommand } from './wire.js';

/** Where every virtual clock of the harness starts: two days before a 29 February. */
export const STARTS_AT_MS = Date.UTC(2028, 1, 27);

const AGENTS = 16;
const MARKETS = 400;

const agentName = (index: number): string => `a${index}`;

/** The agents that a timeline starts with. */
export const firstCommands = (): readonly WireCommand[] =>
  Array.from({ length: AGENTS }, (_, i) => ({
    type: 'RegisterAgent',
    data: { agentId: agentName(i), deposit: '5000' },
  }));

/** What clients ask of one timeline: many small commands that meet each other, and reads. */
export class Workload {
  readonly #roll: Dice;
  /** Markets are opened in order and the newest are traded on, so that all clients meet there. */
  #market = 0;
  #serial = 0;

  readonly #batchMax: number;

  constructor(roll: Dice, batchMax: number) {
    this.#roll = roll;
    this.#batchMax = batchMax;
  }

  /** `knownVersion` is the newest version that the client has seen, for `If-Match`. */
  next(knownVersion: number): Asked {
    const roll = this.#roll;
    const sort = roll(100);
    if (sort < 30) return { kind: 'read', path: this.#path(knownVersion) };
    if (sort < 36) {
      const commands = Array.from({ length: 1 + roll(this.#batchMax) }, () => this.command());
      return { kind: 'batch', commands, atomic: roll(3) === 0 };
    }
    const expectedVersion = roll(20) === 0 ? Math.max(1, knownVersion - roll(3)) : null;
    return { kind: 'command', command: this.command(), expectedVersion };
  }

  command(): WireCommand {
    const roll = this.#roll;
    const agentId = agentName(roll(AGENTS));
    const marketId = this.#someMarket();
    const outcome = pick(roll, ['YES', 'NO']);
    const sort = roll(100);
    if (sort < 22) return { type: 'PlaceBet', data: { marketId, agentId, outcome, amount: this.#amount(60) } };
    if (sort < 34) return { type: 'SellShares', data: { marketId, agentId, outcome, shares: this.#amount(30) } };
    if (sort < 46) return { type: 'DepositFunds', data: { agentId, amount: this.#amount(20) } };
    if (sort < 52) return { type: 'WithdrawFunds', data: { agentId, amount: this.#amount(4_000) } };
    if (sort < 64) {
      const to = agentName((Number(agentId.slice(1)) + 1 + roll(AGENTS - 1)) % AGENTS);
      return { type: 'TransferFunds', data: { from: agentId, to, amount: this.#amount(300) } };
    }
    if (sort < 74) return { type: 'AddStake', data: { agentId, amount: this.#amount(200) } };
    if (sort < 80) return { type: 'WithdrawStake', data: { agentId, amount: this.#amount(200) } };
    if (sort < 85) return { type: 'AdvanceClock', data: { byMs: 1 + roll(600_000) } };
    if (sort < 88) return { type: 'DistributeYield', data: {} };
    if (sort < 89) return { type: 'ChangeApy', data: { apy: pick(roll, ['0', '0.05', '0.25', '3']) } };
    if (sort < 92) return this.#newMarket();
    if (sort < 94) return { type: 'ResolveMarket', data: { marketId, outcome } };
    if (sort < 95) return { type: 'VoidMarket', data: { marketId, reason: 'never asked' } };
    if (sort < 96) return { type: 'CloseMarket', data: { marketId } };
    if (sort < 98) return this.#worldEvent();
    return {
      type: 'SaveDocument',
      data: { name: `d${roll(20)}`, text: JSON.stringify({ step: this.#serial++, from: agentId }) },
    };
  }

  #amount(upTo: number): string {
    const roll = this.#roll;
    const units = roll(upTo);
    return roll(4) === 0 ? `${units + 1}` : `${units}.${String(1 + roll(999_999)).padStart(6, '0')}`;
  }

  #newMarket(): WireCommand {
    this.#market += 1;
    const marketId = `m${this.#market % MARKETS}`;
    const expiresAt = formatTime(STARTS_AT_MS + this.#roll(20 * 86_400_000));
    return { type: 'CreateMarket', data: { marketId, title: `Question ${marketId}?`, expiresAt } };
  }

  #worldEvent(): WireCommand {
    this.#serial += 1;
    // Some are viral enough to open a market.
    const socialVolume = this.#roll(2) * 1_000_000;
    return { type: 'IngestWorldEvent', data: { eventId: `w${this.#serial}`, title: 'an election', socialVolume } };
  }

  #someMarket(): string {
    return `m${Math.max(0, this.#market - this.#roll(6)) % MARKETS}`;
  }

  #path(knownVersion: number): string {
    const roll = this.#roll;
    switch (roll(8)) {
      case 0:
        return '';
      case 1:
        return 'yield';
      case 2:
        return 'world';
      case 3:
        return `documents/d${roll(20)}`;
      case 4:
        return `markets/${this.#someMarket()}`;
      case 5:
        return `events?after=${Math.max(0, knownVersion - roll(30))}&limit=${1 + roll(20)}`;
      default:
        // One agent that never was there is asked for too.
        return `agents/${agentName(roll(AGENTS + 1))}`;
    }
  }
}
