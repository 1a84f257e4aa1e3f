import { reasonOf } from '../failure.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing of that name',
  ENOTDIR: 'it is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'it can only be read from',
  ENOSPC: 'there is no room left',
  EDQUOT: 'there is no room left that this user may take',
};

/** Why a file or folder could not be used, in words. */
export const whyNot = (error: unknown): string => reasons[codeOf(error)] ?? reasonOf(error);

/** The system's name of an error, such as `ENOENT`; empty where it is none of the system's. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
