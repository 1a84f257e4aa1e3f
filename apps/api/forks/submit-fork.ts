import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ForkSubmission, VersionProblem } from '#runtime';
import { Boot } from '../boot.js';
import { acceptedOf, type Executed } from '../commands/submit-command.js';
import { ANONYMOUS } from '../http/request-key.js';
import { ProblemError } from '../problems/problem-error.js';

/** A fork of a timeline. */
export class SubmitFork extends CqrsCommand<Executed> {
  constructor(readonly fork: Omit<ForkSubmission, 'actor'>) {
    super();
  }
}

@CommandHandler(SubmitFork)
export class SubmitForkHandler implements ICommandHandler<SubmitFork> {
  constructor(private readonly boot: Boot) {}

  async execute({ fork }: SubmitFork): Promise<Executed> {
    const outcome = await this.boot.runtime.forkTimeline({ ...fork, actor: ANONYMOUS });
    switch (outcome.status) {
      case 'name-taken':
        throw new ProblemError('timeline-name-taken', `There is or was a timeline ${fork.name}.`);
      case 'label-unknown':
      case 'version-ahead':
      case 'version-inside-command':
      case 'fork-depth-reached':
        throw versionProblem(outcome);
      case 'accepted':
      case 'refused':
      case 'precondition-failed':
      case 'key-reused':
        return acceptedOf(outcome);
    }
  }
}

/** Why a version cannot be forked or labelled, for the client. */
export function versionProblem(problem: VersionProblem): ProblemError {
  switch (problem.status) {
    case 'label-unknown':
      return new ProblemError('label-unknown', 'The timeline and its ancestors have no label of that name.');
    case 'version-ahead':
      return new ProblemError('version-ahead', `The timeline is at version ${problem.headVersion}.`);
    case 'version-inside-command':
      return new ProblemError(
        'version-inside-command',
        `The nearest versions where a command ends: ${nearest(problem)}.`,
      );
    case 'fork-depth-reached':
      return new ProblemError('fork-depth-reached', `It is a fork of forks ${problem.depthMax} deep already.`);
  }
}

const nearest = ({ before, after }: { readonly before: number; readonly after: number }): string =>
  before === 0 ? String(after) : `${before} and ${after}`;
