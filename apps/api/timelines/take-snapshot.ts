import { Command as CqrsCommand, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { snapshotView, type SnapshotView } from '#presentation';
import { Boot } from '../boot.js';

/** Stores the state as it is now. It changes nothing of the timeline, so it needs no key. */
export class TakeSnapshot extends CqrsCommand<SnapshotView> {
  constructor(readonly timeline: string) {
    super();
  }
}

@CommandHandler(TakeSnapshot)
export class TakeSnapshotHandler implements ICommandHandler<TakeSnapshot> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline }: TakeSnapshot): Promise<SnapshotView> {
    return snapshotView(await this.boot.runtime.takeSnapshot(timeline));
  }
}
