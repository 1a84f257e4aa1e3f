import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { replayView, type ReplayView } from '#presentation';
import { Boot } from '../boot.js';
import { ProblemError } from '../problems/problem-error.js';
import { replayUnknown } from './queries.js';

/** Ends a replay, whichever process works on it. Again changes nothing, so it needs no key. */
export class CancelReplay extends CqrsCommand<ReplayView> {
  constructor(readonly id: string) {
    super();
  }
}

@CommandHandler(CancelReplay)
export class CancelReplayHandler implements ICommandHandler<CancelReplay> {
  constructor(private readonly boot: Boot) {}

  async execute({ id }: CancelReplay): Promise<ReplayView> {
    const replay = await this.boot.runtime.replays.cancel(id);
    if (replay === undefined) throw replayUnknown();
    if (replay.status === 'cancelled') return replayView(replay);
    throw new ProblemError('replay-finished', `The replay has ${replay.status} already.`);
  }
}
