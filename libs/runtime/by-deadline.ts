import { OutcomeUnknown } from '#event-log';

/** What comes of work until a time, and what is said once that has passed; what comes later is dropped. */
export async function byDeadline<T>(
  work: Promise<T>,
  { withinMs, late }: { readonly withinMs: number; readonly late: () => Error },
): Promise<T> {
  // Nobody may be left to hear of it.
  work.catch(() => undefined);
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(late());
    }, withinMs);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** The same for work that may have its effect later on. */
export const orUnknown = <T>(work: Promise<T>, withinMs: number): Promise<T> =>
  byDeadline(work, {
    withinMs,
    late: () => new OutcomeUnknown('the database did not say what became of it before the deadline'),
  });
