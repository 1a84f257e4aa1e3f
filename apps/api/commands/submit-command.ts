import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Command } from '#domain';
import type { RecordedEvent } from '#event-log';
import { outcomeProblem } from '#presentation';
import type { Outcome, RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { versionTag } from '../http/conditions.js';
import { Metrics } from '../metrics/metrics.js';
import { ProblemError, refused } from '../problems/problem-error.js';
import { problemOf } from '../problems/problem-of.js';

/** A command that took effect, now or earlier under the same key. */
export interface Executed {
  readonly version: number;
  readonly events: readonly RecordedEvent[];
}

/** One command for one timeline. */
export class SubmitCommand extends CqrsCommand<Executed> {
  constructor(
    readonly timeline: string,
    readonly command: Command,
    readonly conditions: {
      readonly actor: string;
      readonly key: RequestKey | null;
      readonly expectedVersion: number | null;
    },
  ) {
    super();
  }
}

@CommandHandler(SubmitCommand)
export class SubmitCommandHandler implements ICommandHandler<SubmitCommand> {
  constructor(
    private readonly boot: Boot,
    private readonly metrics: Metrics,
  ) {}

  async execute({ timeline, command, conditions }: SubmitCommand): Promise<Executed> {
    const timer = this.metrics.timeCommand(command.type);
    try {
      const outcome = await this.boot.runtime.execute(timeline, { command, ...conditions });
      timer.end(outcome.status);
      return acceptedOf(outcome);
    } catch (error) {
      if (!(error instanceof ProblemError)) timer.end(problemOf(error).code);
      throw error;
    }
  }
}

/** @throws ProblemError for whatever else became of it */
export function acceptedOf(outcome: Outcome): Executed {
  if (outcome.status === 'accepted') return outcome;
  throw refusalOf(outcome);
}

/** Why a command had no effect. */
export const refusalOf = (outcome: Exclude<Outcome, { readonly status: 'accepted' }>): ProblemError =>
  outcome.status === 'precondition-failed' ? movedOn(outcome.version) : refused(outcomeProblem(outcome));

export const movedOn = (version: number): ProblemError =>
  new ProblemError('precondition-failed', outcomeProblem({ status: 'precondition-failed', version }).detail, {
    headers: { etag: versionTag(version) },
  });
