import { SettingsError } from '#settings';

/** The process cannot start, and trying again would not help. Its message is one sentence for the operator. */
export class BootFailure extends Error {
  override readonly name = 'BootFailure';
}

/** What an operator is told of a start that failed; undefined for a fault of the program, which is told with its stack. */
export function sentenceFor(error: unknown): string | undefined {
  return error instanceof BootFailure || error instanceof SettingsError ? error.message : undefined;
}
