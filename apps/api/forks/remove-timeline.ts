import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { removalProblem } from '#presentation';
import type { RemovalSubmission } from '#runtime';
import { Boot } from '../boot.js';
import { refused } from '../problems/problem-error.js';

/** Removes a timeline that no other stands on; its name stays taken. */
export class RemoveTimeline extends CqrsCommand<void> {
  constructor(readonly submission: RemovalSubmission) {
    super();
  }
}

@CommandHandler(RemoveTimeline)
export class RemoveTimelineHandler implements ICommandHandler<RemoveTimeline> {
  constructor(private readonly boot: Boot) {}

  async execute({ submission }: RemoveTimeline): Promise<void> {
    const outcome = await this.boot.runtime.removeTimeline(submission);
    if (outcome.status !== 'removed') throw refused(removalProblem(outcome));
  }
}
