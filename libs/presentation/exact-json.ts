/** Characters that a JSON value given by a client may have as text. */
export const JSON_TEXT_MAX = 65_536;
/** Levels that it may have. */
export const JSON_DEPTH_MAX = 16;

/** NUL has no place in PostgreSQL's text, and a lone surrogate none in UTF-8. */
export const isCleanText = (value: unknown): value is string =>
  typeof value === 'string' && !/[\0\p{Surrogate}]/u.test(value);

/** Whether a JSON value comes back as it was sent. */
export const isExactJson = (value: unknown): boolean =>
  isExact(value, JSON_DEPTH_MAX) && JSON.stringify(value).length <= JSON_TEXT_MAX;

function isExact(value: unknown, depth: number): boolean {
  if (depth < 0) return false;
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value === 'string') return isCleanText(value);
  if (Array.isArray(value)) return value.every((entry) => isExact(entry, depth - 1));
  if (typeof value !== 'object' || value === null) return value === null || typeof value === 'boolean';
  return Object.entries(value).every(
    ([name, entry]) => name !== '__proto__' && isCleanText(name) && isExact(entry, depth - 1),
  );
}
