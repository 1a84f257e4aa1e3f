/** A variable that cannot be accepted. The message is one sentence: its name, what was given, what is allowed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
