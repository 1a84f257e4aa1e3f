// What is shown comes from logs, archives, servers and files, and anybody may have written it. On a terminal a line feed makes
// a line of its own, an escape sequence moves the cursor, and a bidirectional control turns around what stands beside it.

/** Controls, formats such as bidirectional ones and those without width, separators of lines, and halves of pairs. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;
const UNSHOWABLE_BUT_LINE_FEED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** A text as one line in which nothing acts on a terminal: what would is written as JSON writes it, as in `\u001b`. */
export const shownLine = (text: string): string => text.replace(UNSHOWABLE, escaped);

/** The same of a text that has lines of its own. In JSON it changes no value. */
export const shownText = (text: string): string => text.replace(UNSHOWABLE_BUT_LINE_FEED, escaped);

const escaped = (character: string): string =>
  character === '\n'
    ? '\\n'
    : Array.from(
        { length: character.length },
        (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
      ).join('');
