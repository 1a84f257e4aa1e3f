import type { EventType } from '../events.js';
import type { Upcaster } from './upcast.js';

/**
 * From every older shape of an event to the next one, by type and by the schema version that is left. A type whose
 * schema version in `EVENT_SHAPES` is n has the entries 1 to n − 1: docs/changing-events.md.
 */
export const UPCASTERS: Readonly<Partial<Record<EventType, Readonly<Record<number, Upcaster>>>>> = {
  // Every wall clock showed the database's time.
  TimelineForked: { 1: (data) => ({ ...data, offsetMs: 0 }) },
};
