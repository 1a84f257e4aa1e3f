import { until, type RunningServer } from '../../test/server.js';

/** For the environment of a server whose event loop is watched. */
export const WATCHED = { NODE_OPTIONS: `--import ${new URL('loop-delay.js', import.meta.url).href}` };

/** How long the server's event loop was held up at most since it was last asked, ms. */
export async function longestDelayMs(server: RunningServer): Promise<number> {
  const told = (): readonly unknown[] =>
    server.logged().flatMap(({ msg, maxMs }) => (msg === 'loop delay' ? [maxMs] : []));
  const before = told().length;
  server.kill('SIGUSR2');
  await until(() => told().length > before);
  return Number(told().at(-1));
}
