/** Where progress is shown: a terminal, or something that keeps lines. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const WIDTH = 40;
/** How often a bar is redrawn on the way, and how many lines are written where there is no terminal. */
const REDRAWS = 400;
const LINES = 10;
const CLEAR_LINE = '\r\x1b[K';

/** A bar that redraws itself on a terminal; elsewhere a plain line at every tenth of the way. */
export class Progress {
  readonly #screen: Screen;
  readonly #total: number;
  readonly #color: boolean;
  #step = -1;

  constructor(screen: Screen, { total, color }: { readonly total: number; readonly color: boolean }) {
    this.#screen = screen;
    this.#total = total;
    this.#color = color;
  }

  /** `note` says what it has come to, such as a date. */
  update(done: number, note: string): void {
    const steps = this.#terminal ? REDRAWS : LINES;
    const step = Math.floor((done / this.#total) * steps);
    if (step === this.#step) return;
    this.#step = step;
    const text = `${this.#percent(done)}  ${note}`;
    this.#screen.write(this.#terminal ? `${CLEAR_LINE}${this.#bar(done)}${text}` : `${text}\n`);
    if (this.#terminal && done === this.#total) this.#screen.write('\n');
  }

  /** A line of its own; a bar goes on below it. */
  say(line: string): void {
    this.#screen.write(this.#terminal ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
  }

  get #terminal(): boolean {
    return this.#screen.isTTY === true;
  }

  #percent(done: number): string {
    return `${Math.floor((done / this.#total) * 100)} %`.padStart(6);
  }

  #bar(done: number): string {
    const full = Math.floor((done / this.#total) * WIDTH);
    const [before, after] = ['#'.repeat(full), '-'.repeat(WIDTH - full)];
    return this.#color ? `[\x1b[32m${before}\x1b[0m${after}]` : `[${before}${after}]`;
  }
}
