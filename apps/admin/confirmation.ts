import { misused } from './failure.js';
import type { Session } from './session.js';
import { shownLine } from './terminal-text.js';

/** What has to be typed, or given as `--confirm`, before something is destroyed. */
export interface Confirmation {
  readonly word: string;
  /** As given on the command line. */
  readonly given: string | undefined;
}

/** Before anything is asked of anybody: whether it can be confirmed at all. @throws Failure */
export function assertConfirmable({ surroundings }: Session, { word, given }: Confirmation): void {
  if (given === word || (given === undefined && surroundings.ask !== undefined)) return;
  if (given !== undefined) throw misused('confirmation-wrong', `Nothing was done: it takes --confirm ${word}.`);
  throw misused(
    'confirmation-missing',
    `Nothing was done: this destroys, and nobody sits at a terminal to confirm it. Give --confirm ${word}.`,
  );
}

/** Has it typed, unless it was given. @throws Failure `confirmation-wrong` */
export async function confirm(session: Session, confirmation: Confirmation, what: string): Promise<void> {
  assertConfirmable(session, confirmation);
  const { word, given } = confirmation;
  const { ask } = session.surroundings;
  if (given !== undefined || ask === undefined) return;
  const typed = await ask(shownLine(`${what} Type ${word} to go on: `)).catch(() => '');
  if (typed.trim() !== word) throw misused('confirmation-wrong', 'Nothing was done: it was not confirmed.');
}
