import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { forkProblem } from '#presentation';
import type { ForkSubmission } from '#runtime';
import { Boot } from '../boot.js';
import { acceptedOf, type Executed } from '../commands/submit-command.js';
import { refused } from '../problems/problem-error.js';

/** A fork of a timeline. */
export class SubmitFork extends CqrsCommand<Executed> {
  constructor(readonly fork: ForkSubmission) {
    super();
  }
}

@CommandHandler(SubmitFork)
export class SubmitForkHandler implements ICommandHandler<SubmitFork> {
  constructor(private readonly boot: Boot) {}

  async execute({ fork }: SubmitFork): Promise<Executed> {
    const outcome = await this.boot.runtime.forkTimeline(fork);
    switch (outcome.status) {
      case 'name-taken':
      case 'label-unknown':
      case 'version-ahead':
      case 'version-inside-command':
      case 'fork-depth-reached':
        throw refused(forkProblem(outcome, fork.name));
      case 'accepted':
      case 'refused':
      case 'precondition-failed':
      case 'key-reused':
        return acceptedOf(outcome);
    }
  }
}
