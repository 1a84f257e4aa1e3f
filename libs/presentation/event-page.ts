import type { Runtime } from '#runtime';
import { presentEvent, type OutcomeName, type PresentedEvent } from './events.js';
import { encodeCursor, type Page } from './pages.js';

/** A page of the log. */
export interface EventPage extends Page<PresentedEvent> {
  /** The timeline's version when the page was read. */
  readonly version: number;
}

/** What was read of the log as clients see it; its cursor carries the version that the next page starts after. */
export const eventPage = (
  { events, headVersion, scannedTo }: Awaited<ReturnType<Runtime['readEvents']>>,
  outcomeName: OutcomeName,
): EventPage => ({
  items: events.map((event) => presentEvent(event, outcomeName)),
  nextCursor: scannedTo < headVersion ? encodeCursor(String(scannedTo)) : null,
  version: headVersion,
});
