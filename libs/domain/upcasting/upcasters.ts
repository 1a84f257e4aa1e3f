import type { EventType } from '../events.js';
import type { Upcaster } from './upcast.js';

/**
 * From every older shape of an event to the next one, by type and by the schema version that is left. A type whose
 * schema version in `EVENT_SHAPES` is n has the entries 1 to n − 1. All shapes are the first ones so far;
 * docs/changing-events.md shows how the first entry comes here.
 */
export const UPCASTERS: Readonly<Partial<Record<EventType, Readonly<Record<number, Upcaster>>>>> = {};
