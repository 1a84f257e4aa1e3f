import { setTimeout as sleep } from 'node:timers/promises';
import type { PresentedEvent } from '#presentation';
import { EXIT } from '../exit-codes.js';
import { failureOf } from '../failure.js';
import type { Desk, StreamWanted } from './desk.js';

const againAfterMs = 1_000;

/**
 * A timeline's events as they are committed, until the signal aborts. A stream that breaks is gone on with from the last
 * version, as soon as that is possible, without a gap and without a repetition.
 *
 * @throws Failure where waiting would not help
 */
export async function* follow(
  desk: Desk,
  timeline: string,
  { wanted, note }: { readonly wanted: StreamWanted; readonly note: (sentence: string) => void },
): AsyncGenerator<PresentedEvent> {
  const { signal } = wanted;
  let { after } = wanted;
  let isBroken = false;
  while (!signal.aborted) {
    try {
      for await (const { version, event } of desk.stream(timeline, { ...wanted, after })) {
        if (isBroken) note(`Going on after version ${after ?? version}.`);
        isBroken = false;
        after = version;
        if (event !== null) yield event;
      }
    } catch (error) {
      if (failureOf(error)?.exitCode !== EXIT.unavailable) throw error;
    }
    if (signal.aborted) return;
    if (!isBroken) note('The stream of events broke: trying again until it can be gone on with.');
    isBroken = true;
    await sleep(againAfterMs, undefined, { signal }).catch(() => undefined);
  }
}
