import type { Settings } from './settings.js';

/** The limits that a runtime keeps, by the names it has for them. */
export const runtimeLimits = (settings: Settings) => ({
  timelinesLoadedMax: settings.timelinesLoadedMax,
  timelineIdleSeconds: settings.timelineIdleSeconds,
  commandsQueuedMax: settings.commandsQueuedMax,
  eventsPerCommitMax: settings.eventsPerCommitMax,
  commandDeadlineMs: settings.commandDeadlineMs,
  streamsMax: settings.streamsMax,
  followPollMs: settings.followPollMs,
  snapshotIntervalSeconds: settings.snapshotIntervalSeconds,
  snapshotEveryEvents: settings.snapshotEveryEvents,
  snapshotKeep: settings.snapshotKeep,
  documentsMax: settings.documentsPerTimelineMax,
  documentBytesMax: settings.documentBytesPerTimelineMax,
  statesBytesMax: settings.statesBytesMax === 0 ? undefined : settings.statesBytesMax,
  stateBytesPerTimelineMax: settings.stateBytesPerTimelineMax === 0 ? undefined : settings.stateBytesPerTimelineMax,
  processes: settings.workers,
  pastStatesMax: settings.pastStatesMax,
  replaysMax: settings.replaysMax,
});
