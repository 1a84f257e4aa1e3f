/** Shorter texts come to a few megabytes at most, whatever stands in them. */
const SCANNED_FROM = 65_536;
const DEPTH_MAX = 80;
/** No list of an archive has shorter entries on the whole, and no object. */
const CHARS_PER_ENTRY_MIN = 4;
const CHARS_PER_CONTAINER_MIN = 16;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Whether a JSON text comes to about as much memory as it is long. `JSON.parse` makes 50 bytes of a bracket, and neither a
 * thread's heap limit nor an interrupt stops it before its end, so what is long is looked at first.
 */
export function isParsable(text: string): boolean {
  if (text.length < SCANNED_FROM) return true;
  let [depth, containers, entries] = [0, 0, 0];
  const containersMax = SCANNED_FROM + text.length / CHARS_PER_CONTAINER_MIN;
  const entriesMax = SCANNED_FROM + text.length / CHARS_PER_ENTRY_MIN;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i + 1);
    else if (unit === COMMA) entries += 1;
    else if (CLOSING.has(unit)) depth -= 1;
    else if (OPENING.has(unit)) {
      depth += 1;
      containers += 1;
      if (depth > DEPTH_MAX || containers > containersMax) return false;
    }
  }
  return entries <= entriesMax;
}

/** The index of the quotation mark that ends a string; that of the text's end where none does. */
function endOfString(text: string, from: number): number {
  for (let i = from; ; i += 1) {
    const end = text.indexOf('"', i);
    if (end < 0) return text.length;
    let first = end;
    while (first > from && text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((end - first) % 2 === 0) return end;
    i = end;
  }
}
