import { InvariantViolation } from '#domain';
import { LogCorrupt } from '#event-log';
import { TimelineStopped } from './contract.js';

/**
 * What stops a timeline: its log, or what time makes due in it, cannot be gone on with, and trying again would not mend
 * it. Undefined for any other fault. `nextVersion` is the position where one is to blame that names none.
 */
export function stopOf(
  fault: unknown,
  { timeline, nextVersion }: { readonly timeline: string; readonly nextVersion: number },
): TimelineStopped | undefined {
  if (fault instanceof TimelineStopped) return fault;
  const isCorrupt = fault instanceof LogCorrupt;
  if (!isCorrupt && !(fault instanceof InvariantViolation)) return undefined;
  const version = isCorrupt ? fault.version : nextVersion;
  const message = `timeline ${timeline} cannot be gone on with at version ${version}: ${fault.message}`;
  return new TimelineStopped(version, message, { cause: fault });
}
