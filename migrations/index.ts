import { CreateEventLog1764000000001 } from './0001-create-event-log.js';

/** Every migration, oldest first. Forward only; the first line of each says whether running writers may stay. */
export const migrations = [CreateEventLog1764000000001] as const;
