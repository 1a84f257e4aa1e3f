export { audited, DONE, REASON_MAX } from './audited.js';
export { isSameHmac, keyHmac, keyIdOf, mintKey } from './key-text.js';
export type { MintedKey } from './key-text.js';
export { GRACE_DEFAULT_MS, GRACE_MAX_MS, makeKey, rotateKey } from './keys.js';
export type { KeyMade, KeyRotated, NewKey } from './keys.js';
export { faultOfScope, isAtLeast, isInScope, isScopeEntry, namesIn, ROLES, SCOPE_ENTRIES_MAX } from './scope.js';
