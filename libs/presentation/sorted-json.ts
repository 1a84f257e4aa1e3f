/**
 * JSON text with the keys of every object sorted by code unit: the form of a body that requests are compared in. It
 * recurses, so the value must have been validated: nothing that passed is deep.
 */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as Record<string, unknown>;
  const fields = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(object[key])}`);
  return `{${fields.join(',')}}`;
}

/** The same text of an object in pieces: one for each element of its lists, which may be long. */
export function* sortedJsonPieces(object: Readonly<Record<string, unknown>>): Generator<string> {
  let before = '{';
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    yield `${before}${JSON.stringify(key)}:`;
    if (Array.isArray(value)) yield* elementPieces(value);
    else yield sortedJson(value);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

function* elementPieces(list: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const element of list) {
    yield before + sortedJson(element);
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
