import { EmbeddedPostgresError } from '#embedded-postgres';
import { DatabaseTooNew } from '#event-log-postgres';
import { SettingsError } from '#settings';

/** The process cannot start, and trying again would not help. Its message is one sentence for the operator. */
export class BootFailure extends Error {
  override readonly name = 'BootFailure';
}

/** What an operator is told of a start that failed; undefined for a fault of the program, which is told with its stack. */
export function sentenceFor(error: unknown): string | undefined {
  if (error instanceof DatabaseTooNew) return asSentence(error.message);
  const isForOperators =
    error instanceof BootFailure || error instanceof SettingsError || error instanceof EmbeddedPostgresError;
  return isForOperators ? error.message : undefined;
}

/** Other people's error messages begin small and end without a full stop. */
export function asSentence(message: string): string {
  const capital = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
