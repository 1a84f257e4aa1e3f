import type { AccessStore, NewAuditRecord } from '#event-log';

/** What became of an action that was done. */
export const DONE = 'done';

/** Longest reason, in UTF-16 code units. */
export const REASON_MAX = 500;

/**
 * Does an admin action once its record is written, and not without it. The outcome is recorded as far as that can be had: a
 * record without one is of an action that was cut off.
 */
export async function audited<T>(
  store: AccessStore,
  record: NewAuditRecord,
  { act, codeOf }: { readonly act: () => Promise<T>; readonly codeOf: (error: unknown) => string },
): Promise<T> {
  const auditId = await store.recordAction(record);
  const conclude = (outcome: string): Promise<void> => store.recordOutcome(auditId, outcome).catch(() => undefined);
  let result: T;
  try {
    result = await act();
  } catch (error) {
    await conclude(codeOf(error));
    throw error;
  }
  await conclude(DONE);
  return result;
}
