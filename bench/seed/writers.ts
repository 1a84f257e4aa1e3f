import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.js';

/** What a writer is told: so many callers, for so long. */
export interface WriterOrder {
  readonly callers: number;
  readonly ms: number;
  readonly countMax: number;
}

/** What it came to. */
export interface WriterReport {
  readonly commandsPerSecond: number;
}

/** A process with a runtime of its own that bets on a timeline. */
export class Writer {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(
    bench: Bench,
    { url, timeline }: { readonly url: string; readonly timeline: string },
  ): Promise<Writer> {
    const loader = new URL('../typescript.js', import.meta.url).href;
    const child = fork(fileURLToPath(new URL('writer-process.ts', import.meta.url)), [url, timeline], {
      execArgv: ['--import', loader],
    });
    const exited = once(child, 'exit');
    bench.atEnd(async () => {
      if (child.connected) child.disconnect();
      await exited;
    });
    await next(child);
    return new Writer(child);
  }

  async write(order: WriterOrder): Promise<number> {
    const report = next(this.#child);
    this.#child.send(order);
    return ((await report) as WriterReport).commandsPerSecond;
  }
}

async function next(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`a writer ended with ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    return message;
  } finally {
    ended.catch(() => undefined);
    gone.abort();
  }
}
