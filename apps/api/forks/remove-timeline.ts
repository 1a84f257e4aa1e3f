import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { keyReused } from '../commands/submit-command.js';
import { ProblemError } from '../problems/problem-error.js';

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
    switch (outcome.status) {
      case 'removed':
        return;
      case 'key-reused':
        throw keyReused();
      case 'unknown':
        throw new ProblemError('timeline-unknown', 'There is no timeline of that name.');
      case 'has-forks':
        throw new ProblemError('timeline-has-forks', `Forked from it: ${outcome.names.join(', ')}.`);
    }
  }
}
