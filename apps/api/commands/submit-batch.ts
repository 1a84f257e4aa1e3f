import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Command } from '#domain';
import type { BatchOutcome, RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { Metrics } from '../metrics/metrics.js';
import type { ClientCommandType } from './command-kind.js';

/** One command of a batch, with its own key. */
export interface GivenEntry {
  readonly type: ClientCommandType;
  readonly command: Command;
  readonly key: RequestKey | null;
}

/** Many commands for one timeline, decided in order. */
export class SubmitBatch extends CqrsCommand<BatchOutcome> {
  constructor(
    readonly timeline: string,
    readonly entries: readonly GivenEntry[],
    readonly conditions: {
      readonly actor: string;
      readonly key: RequestKey | null;
      readonly expectedVersion: number | null;
      readonly atomic: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(SubmitBatch)
export class SubmitBatchHandler implements ICommandHandler<SubmitBatch> {
  constructor(
    private readonly boot: Boot,
    private readonly metrics: Metrics,
  ) {}

  async execute({ timeline, entries, conditions }: SubmitBatch): Promise<BatchOutcome> {
    const outcome = await this.boot.runtime.executeBatch(timeline, { ...conditions, entries });
    if (outcome.status === 'done') {
      outcome.outcomes.forEach(({ status }, i) => this.metrics.countCommand(entries[i]?.type ?? 'unknown', status));
    }
    return outcome;
  }
}
