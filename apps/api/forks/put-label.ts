import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Label } from '#event-log';
import { labelProblem } from '#presentation';
import type { RequestKey } from '#runtime';
import { Boot } from '../boot.js';
import { refused } from '../problems/problem-error.js';

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
    if (outcome.status === 'saved') return { label: outcome.label, isNew: true };
    if (outcome.status === 'found') return { label: outcome.label, isNew: false };
    throw refused(labelProblem(outcome));
  }
}
