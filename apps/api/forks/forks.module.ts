import { Module } from '@nestjs/common';
import { ForksController } from './forks.controller.js';
import { PutLabelHandler } from './put-label.js';
import { GetLineageHandler, ListLabelsHandler } from './queries.js';
import { RemoveTimelineHandler } from './remove-timeline.js';
import { SubmitForkHandler } from './submit-fork.js';

@Module({
  controllers: [ForksController],
  providers: [SubmitForkHandler, RemoveTimelineHandler, PutLabelHandler, GetLineageHandler, ListLabelsHandler],
})
export class ForksModule {}
