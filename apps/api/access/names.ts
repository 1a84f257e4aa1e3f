/** Names of principals: what stands before the colon keeps one kind from passing for another. */
export const accessNames = {
  /** By the first key of a row of rotations. */
  key: (keyId: string): string => `key:${keyId}`,
  /** By the subject of a token. */
  token: (subject: string): string => `jwt:${subject}`,
};
