/** What was looked at, and how it is. */
export interface Check {
  readonly check: string;
  /** `warn`: it works, but should be otherwise. `fail`: it does not work, or loses what it acknowledged. */
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly found: string;
  /** What to do, as a sentence; null where it is as it should be. */
  readonly advice: string | null;
}

export const ok = (check: string, found: string): Check => ({ check, status: 'ok', found, advice: null });

export const warn = (check: string, found: string, advice: string): Check => ({ check, status: 'warn', found, advice });

export const fail = (check: string, found: string, advice: string): Check => ({ check, status: 'fail', found, advice });
