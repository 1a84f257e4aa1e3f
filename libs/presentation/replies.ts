import type { RecordedEvent } from '#event-log';
import { presentEvent, type PresentedEvent, type PresentedFact } from './events.js';

/** A command's reply. */
export interface CommandReply {
  /** The timeline's version after the command. */
  readonly version: number;
  readonly result: object;
  readonly events: readonly PresentedEvent[];
}

/** What a command came to. */
interface Executed {
  readonly version: number;
  readonly events: readonly RecordedEvent[];
}

/** A new fork. */
export function forkReply(
  { name, parent }: { readonly name: string; readonly parent: string },
  { version, events }: Executed,
): CommandReply {
  const presented = events.map((event) => presentEvent(event, () => undefined));
  const [forked] = presented;
  const { clock, offsetMs } = { ...forked?.data };
  const result = { timeline: name, parent, forkVersion: version - 1, clock, offsetMs, now: forked?.at };
  return { version, result, events: presented };
}

/** The receipt of a timeline's end, from its own events. */
export const completionReceipt = (events: readonly PresentedFact[]): object => ({
  status: 'completed',
  ...events.find(({ type }) => type === 'TimelineCompleted')?.data,
});

/** The receipt of a timeline that was put away. */
export const archivingReceipt = (): object => ({ status: 'archived' });
