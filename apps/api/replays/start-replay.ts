import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { replayProblem, replayView, type ReplayView } from '#presentation';
import type { ReplaySubmission } from '#runtime';
import { Boot } from '../boot.js';
import { refused } from '../problems/problem-error.js';

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
    if (outcome.status === 'started') return replayView(outcome.replay);
    throw refused(replayProblem(outcome));
  }
}
