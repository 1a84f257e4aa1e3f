import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Command } from '#domain';
import type { RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { acceptedOf, type Executed } from '../commands/submit-command.js';
import { ProblemError } from '../problems/problem-error.js';

/** A new timeline with its first commands, all of them or none. */
export class SubmitTimeline extends CqrsCommand<Executed> {
  constructor(
    readonly timeline: string,
    readonly commands: readonly Command[],
    readonly by: { readonly actor: string; readonly key: RequestKey | null },
  ) {
    super();
  }
}

@CommandHandler(SubmitTimeline)
export class SubmitTimelineHandler implements ICommandHandler<SubmitTimeline> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, commands, by }: SubmitTimeline): Promise<Executed> {
    const outcome = await this.boot.runtime.createTimeline({ name: timeline, commands, ...by });
    if (outcome.status === 'name-taken') {
      throw new ProblemError('timeline-name-taken', `There is or was a timeline ${timeline}.`);
    }
    return acceptedOf(outcome);
  }
}
