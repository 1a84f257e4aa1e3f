import type { Statement } from '../connections.js';

/** $1 timeline */
export const removeTimeline: Statement = {
  name: 'remove-timeline',
  text: 'select remove_timeline($1::integer)',
};

/** $1 rows of a table at most */
export const purgeRemovedTimelines: Statement = {
  name: 'purge-removed-timelines',
  text: 'select purge_removed_timelines($1::integer)',
};
