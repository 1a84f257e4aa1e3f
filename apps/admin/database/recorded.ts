import { userInfo } from 'node:os';
import { audited } from '#access';
import type { EventLog, NewAuditRecord } from '#event-log';
import { failureOf } from '../failure.js';

/** Who acts on a database without a server: whoever the system says has started the command. */
export function systemUser(): string {
  try {
    return `os:${userInfo().username}`;
  } catch {
    // A user without a name, as containers have them.
    return `os:${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Does an admin action on a database once it is recorded, and not without that. */
export const recorded = <T>(
  log: Pick<EventLog, 'access'>,
  record: Pick<NewAuditRecord, 'action' | 'timeline' | 'target' | 'reason'>,
  act: () => Promise<T>,
): Promise<T> =>
  audited(
    log.access,
    { ...record, who: systemUser(), keyId: null, traceId: null },
    { act, codeOf: (error) => failureOf(error)?.code ?? 'fault' },
  );
