import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.js';

const loader = new URL('typescript.js', import.meta.url).href;

/** A process of this program that does what it is told, one thing after the other. */
export interface Child<Order extends object> {
  /** Resolves with the number that the order came to; rejects if the process ends before. */
  order(order: Order): Promise<number>;
}

/** Runs a script of bench/ as a process of its own, until the measurement ends. `script` is relative to this folder. */
export async function openChild<Order extends object>(
  bench: Bench,
  { script, args }: { readonly script: string; readonly args: readonly string[] },
): Promise<Child<Order>> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: ['--import', loader] });
  const exited = once(child, 'exit');
  bench.atEnd(async () => {
    if (child.connected) child.disconnect();
    await exited;
  });
  const answer = async (): Promise<unknown> => {
    const ended = exited.then(([code]) => {
      throw new Error(`${script} ended with ${code}`);
    });
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    return message;
  };
  await answer();
  return {
    async order(order) {
      const answered = answer();
      child.send(order);
      return Number(await answered);
    },
  };
}

/** The other end: in the process that is told. `close` is called when nobody tells it anything any more. */
export function obey<Order extends object>(
  carryOut: (order: Order) => Promise<number>,
  close: () => Promise<unknown>,
): void {
  process.on('message', (order: Order) => {
    void carryOut(order).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => {
    void close();
  });
  process.send?.('ready');
}
