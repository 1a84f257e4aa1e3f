import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { removalProblem } from '#presentation';
import type { RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { refused } from '../problems/problem-error.js';

/** Removes a timeline that no other stands on; its name stays taken. */
export class RemoveTimeline extends CqrsCommand<void> {
  constructor(
    readonly timeline: string,
    readonly key: RequestKey | null,
  ) {
    super();
  }
}

@CommandHandler(RemoveTimeline)
export class RemoveTimelineHandler implements ICommandHandler<RemoveTimeline> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, key }: RemoveTimeline): Promise<void> {
    const outcome = await this.boot.runtime.removeTimeline(timeline, key);
    if (outcome.status !== 'removed') throw refused(removalProblem(outcome));
  }
}
