import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { BatchOutcome, RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { Metrics } from '../metrics/metrics.js';
import type { BatchEntryInput } from './batch.js';

/** Many commands for one timeline, decided in order. */
export class SubmitBatch extends CqrsCommand<BatchOutcome> {
  constructor(
    readonly timeline: string,
    readonly entries: readonly BatchEntryInput[],
    readonly conditions: {
      readonly actor: string;
      readonly key: RequestKey | null;
      readonly keyOf: (entry: BatchEntryInput) => RequestKey | null;
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
    const { keyOf, ...rest } = conditions;
    const outcome = await this.boot.runtime.executeBatch(timeline, {
      ...rest,
      entries: entries.map((entry) => ({ command: entry.command, key: keyOf(entry) })),
    });
    if (outcome.status === 'done') {
      outcome.outcomes.forEach(({ status }, i) => this.metrics.countCommand(entries[i]?.type ?? 'unknown', status));
    }
    return outcome;
  }
}
