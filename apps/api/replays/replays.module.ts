import { Module } from '@nestjs/common';
import { CancelReplayHandler } from './cancel-replay.js';
import { GetReplayHandler, ListReplaysHandler } from './queries.js';
import { ReplaysController } from './replays.controller.js';
import { StartReplayHandler } from './start-replay.js';

@Module({
  controllers: [ReplaysController],
  providers: [CancelReplayHandler, GetReplayHandler, ListReplaysHandler, StartReplayHandler],
})
export class ReplaysModule {}
