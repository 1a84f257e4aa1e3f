import { Module } from '@nestjs/common';
import { GetTimelineHandler, ListSnapshotsHandler, ListTimelinesHandler } from './queries.js';
import { SubmitTimelineHandler } from './submit-timeline.js';
import { TakeSnapshotHandler } from './take-snapshot.js';
import { TimelinesController } from './timelines.controller.js';

@Module({
  controllers: [TimelinesController],
  providers: [
    GetTimelineHandler,
    ListTimelinesHandler,
    ListSnapshotsHandler,
    SubmitTimelineHandler,
    TakeSnapshotHandler,
  ],
})
export class TimelinesModule {}
