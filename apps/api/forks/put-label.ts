import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Label } from '#event-log';
import type { RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { keyReused } from '../commands/submit-command.js';
import { ProblemError } from '../problems/problem-error.js';
import { versionProblem } from './submit-fork.js';

/** Names a version of a timeline; null: its head. The same again changes nothing. */
export class PutLabel extends CqrsCommand<{ readonly label: Label; readonly isNew: boolean }> {
  constructor(
    readonly timeline: string,
    readonly wanted: { readonly label: string; readonly version: number | null; readonly key: RequestKey | null },
  ) {
    super();
  }
}

@CommandHandler(PutLabel)
export class PutLabelHandler implements ICommandHandler<PutLabel> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, wanted }: PutLabel): Promise<{ readonly label: Label; readonly isNew: boolean }> {
    const outcome = await this.boot.runtime.saveLabel(timeline, wanted);
    switch (outcome.status) {
      case 'saved':
        return { label: outcome.label, isNew: true };
      case 'found':
        return { label: outcome.label, isNew: false };
      case 'label-taken':
        throw taken(outcome.label);
      case 'key-reused':
        throw keyReused();
      case 'label-unknown':
      case 'version-ahead':
      case 'version-inside-command':
      case 'fork-depth-reached':
        throw versionProblem(outcome);
    }
  }
}

const taken = ({ label, version, timeline }: Label): ProblemError =>
  new ProblemError('label-taken', `${label} names version ${version}, of ${timeline}.`);
