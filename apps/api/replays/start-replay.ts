import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ReplaySubmission } from '#runtime';
import { Boot } from '../boot.js';
import { keyReused } from '../commands/submit-command.js';
import { ProblemError } from '../problems/problem-error.js';
import { replayView, type ReplayView } from './replay-view.js';

/** Has a timeline replayed by whichever process has room for it. */
export class StartReplay extends CqrsCommand<ReplayView> {
  constructor(readonly submission: ReplaySubmission) {
    super();
  }
}

@CommandHandler(StartReplay)
export class StartReplayHandler implements ICommandHandler<StartReplay> {
  constructor(private readonly boot: Boot) {}

  async execute({ submission }: StartReplay): Promise<ReplayView> {
    const outcome = await this.boot.runtime.replays.start(submission);
    switch (outcome.status) {
      case 'started':
        return replayView(outcome.replay);
      case 'key-reused':
        throw keyReused();
      case 'forgotten':
        throw new ProblemError('replay-unknown', 'The replay of that key ended long ago and was forgotten.');
    }
  }
}
