import { resolve } from 'node:path';
import type { SettingOrigin, Settings } from '#settings';
import { EXIT, type ExitCode } from './exit-codes.js';
import { failureOf, type Failure } from './failure.js';
import { progressLine, type ProgressLine, type Terminal } from './progress.js';
import { shownLine, shownText } from './terminal-text.js';

/** What a command line is run in; tests give another. */
export interface Surroundings {
  /** Standard output: answers only. */
  readonly out: (text: string) => void;
  /** Standard output for bytes that are no text; absent where it is a terminal. Rejects where nobody reads any more. */
  readonly outBytes?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  /** Standard error: what is under way, and what is wrong. */
  readonly err: (text: string) => void;
  /** What standard error is shown on; absent where that is no terminal. */
  readonly terminal?: Terminal | undefined;
  /** @throws SettingsError */
  readonly readSettings: () => Settings;
  /** Where each setting has its value from; absent where nobody knows. @throws SettingsError */
  readonly settingOrigins?: () => readonly SettingOrigin[];
  /** DATA_DIR is meant relative to it. */
  readonly projectFolder: string;
  /** Paths on the command line are meant relative to it. */
  readonly workingFolder: string;
  /** Resolves when standard output takes more; at once where it is absent. */
  readonly drained?: () => Promise<void>;
  /** Asks whoever sits at the terminal; absent where nobody does. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted when whoever started the command wants it to come to its end. */
  readonly stopping?: AbortSignal;
}

/** What a command has to say. */
export interface Answer {
  /** For programs: what `--json` prints. */
  readonly facts: object;
  /** For people. */
  readonly lines: readonly string[];
  /** Default: done. */
  readonly exitCode?: ExitCode;
}

/** How a command tells. */
export interface Form {
  readonly json?: boolean;
  /** JSON goes on one line, because it is one of several. */
  readonly onOneLine?: boolean;
  /** Answers go to standard error too, because standard output carries something else. */
  readonly aside?: boolean;
}

/** One run of the command line. */
export class Session {
  exitCode: ExitCode = EXIT.ok;
  #settings: Settings | undefined;
  #progress: ProgressLine | undefined;

  constructor(readonly surroundings: Surroundings) {}

  /** Read when a command first asks, so that `--help` needs none. @throws SettingsError */
  get settings(): Settings {
    return (this.#settings ??= this.surroundings.readSettings());
  }

  /** Where a command tells how far it is; with `--json` it tells nobody. Answers, notes and failures take the line away. */
  progress({ json = false }: Form): ProgressLine {
    this.#progress?.end();
    return (this.#progress = progressLine(json ? undefined : this.surroundings.terminal));
  }

  /** A path as it was typed. */
  path(typed: string): string {
    return resolve(this.surroundings.workingFolder, typed);
  }

  /** Tells what is under way. */
  note(sentence: string): void {
    this.#progress?.end();
    this.surroundings.err(`${shownLine(sentence)}\n`);
  }

  /** Does the work, prints its answer or what went wrong, and sets the exit code. Never rejects. */
  async answer(form: Form, work: () => Promise<Answer>): Promise<void> {
    try {
      const answer = await work();
      this.exitCode = answer.exitCode ?? EXIT.ok;
      this.tell(answer, form);
    } catch (error) {
      this.exitCode = this.tellFailure(error, form);
    }
  }

  /** Prints an answer. */
  tell({ facts, lines }: Answer, form: Form): void {
    this.#progress?.end();
    this.#print(form.json === true ? jsonText(facts, form) : `${lines.map(shownLine).join('\n')}\n`, form);
  }

  /** Tells what went wrong, of a failure what it says and of anything else where it came from; gives its exit code. */
  tellFailure(error: unknown, form: Form): ExitCode {
    this.#progress?.end();
    const failure = failureOf(error);
    if (form.json === true) this.#print(jsonText(factsOf(failure), form), form);
    this.surroundings.err(failure === undefined ? faultText(error) : `${textOf(failure)}\n`);
    return failure?.exitCode ?? EXIT.refused;
  }

  /**
   * For an answer without an end, or too long for memory: the work writes it piece by piece, until the signal aborts. With
   * `json` it is one JSON value a line. Never rejects.
   */
  async print(form: Form, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await work(this.surroundings.stopping ?? new AbortController().signal);
    } catch (error) {
      this.exitCode = this.tellFailure(error, { ...form, onOneLine: true });
    }
  }

  /** Writes a line of a long answer; resolves when the next may follow. */
  writeLine(line: string): Promise<void> {
    return this.write(`${shownLine(line)}\n`);
  }

  /** Writes a piece of a long answer that has lines of its own; resolves when the next may follow. */
  async write(text: string): Promise<void> {
    this.#progress?.end();
    this.surroundings.out(shownText(text));
    await this.surroundings.drained?.();
  }

  #print(text: string, { aside = false }: Form): void {
    if (aside) this.surroundings.err(text);
    else this.surroundings.out(text);
  }
}

const jsonText = (value: object, { onOneLine = false }: Form): string =>
  `${shownText(JSON.stringify(value, null, onOneLine ? undefined : 2))}\n`;

function factsOf(failure: Failure | undefined): object {
  if (failure === undefined) return { error: { code: 'fault', message: 'The program made a mistake.' } };
  const { code, message, problems } = failure;
  return { error: { code, message, ...(problems.length > 0 && { problems }) } };
}

function textOf({ code, message, problems }: Failure): string {
  if (problems.length === 0) return shownLine(`${message} (${code})`);
  const lines = problems.map(({ file, detail }) => (file === '' ? `  ${detail}` : `  ${file}: ${detail}`));
  return [message, ...lines].map(shownLine).join('\n');
}

function faultText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `The program made a mistake; please report it with these lines.\n${shownText(stack)}\n`;
}
