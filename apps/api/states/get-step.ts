import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { formatDecimal, type AccountChange, type PositionChange, type RecordChange } from '#domain';
import { formatTime, presentEvent, presentRecord, type PresentedEvent } from '#presentation';
import type { Step } from '#runtime';
import { Boot } from '../boot.js';
import type { Answer, ReadTarget } from '../queries/answer.js';
import { anyObject, decimal, instant, listOf, object, orNull, ref, whole, words } from '../reference/schemas.js';
import { reached } from './read-past.js';

/** What one event changed, account by account. */
export interface StepView {
  readonly timeline: string;
  readonly version: number;
  readonly at: string;
  readonly event: PresentedEvent;
  readonly stateHash: Step['stateHash'];
  /** In order of name; all changes together are 0. */
  readonly accounts: readonly {
    readonly account: string;
    readonly before: string;
    readonly after: string;
    readonly change: string;
  }[];
  readonly positions: readonly {
    readonly marketId: string;
    readonly agentId: string;
    readonly outcome: string;
    readonly before: string;
    readonly after: string;
  }[];
  /** Whatever else changed: fields that are not alike; null where there is no such record. */
  readonly other: readonly {
    readonly section: string;
    readonly id: string;
    readonly before: object | null;
    readonly after: object | null;
  }[];
}

export const stepSchema = object({
  timeline: words,
  version: whole,
  at: instant,
  event: ref('Event'),
  stateHash: object({ before: words, after: words }),
  accounts: listOf(object({ account: words, before: decimal, after: decimal, change: decimal })),
  positions: listOf(object({ marketId: words, agentId: words, outcome: words, before: decimal, after: decimal })),
  other: listOf(object({ section: words, id: words, before: orNull(anyObject), after: orNull(anyObject) })),
});

export class GetStep extends Query<Answer<StepView>> {
  constructor(
    readonly target: ReadTarget & { readonly signal: AbortSignal },
    readonly version: number,
  ) {
    super();
  }
}

@QueryHandler(GetStep)
export class GetStepHandler implements IQueryHandler<GetStep> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, version }: GetStep): Promise<Answer<StepView>> {
    const { timeline, signal, client } = target;
    await reached(this.boot, target);
    const step = await this.boot.runtime.past.step(timeline, version, { signal, client });
    return { body: stepView(timeline, step), version, staleMs: null };
  }
}

function stepView(timeline: string, { event, changes, stateHash, state }: Step): StepView {
  const outcomeName = (marketId: string, index: number) => state.markets.get(marketId)?.terms.outcomes[index];
  const position = ({ marketId, agentId, outcome, before, after }: PositionChange) => ({
    marketId,
    agentId,
    outcome: outcomeName(marketId, outcome) ?? String(outcome),
    before: formatDecimal(before),
    after: formatDecimal(after),
  });
  return {
    timeline,
    version: event.version,
    at: formatTime(event.atMs),
    event: presentEvent(event, outcomeName),
    stateHash,
    accounts: changes.accounts.map(accountView),
    positions: changes.positions.map(position),
    other: changes.other.map(recordView),
  };
}

const accountView = ({ account, before, after }: AccountChange) => ({
  account,
  before: formatDecimal(before),
  after: formatDecimal(after),
  change: formatDecimal(after - before),
});

const recordView = ({ section, id, before, after }: RecordChange) => ({
  section,
  id,
  before: presentRecord(before),
  after: presentRecord(after),
});
