// Preloaded into a server that is measured: at SIGUSR2 it tells how long its event loop was held up at most since the last
// time, as a line of the log. The timer's own interval is part of what is recorded, and is taken off.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
delays.enable();
process.on('SIGUSR2', () => {
  const maxMs = Math.max(0, delays.max / 1e6 - resolutionMs);
  delays.reset();
  console.log(JSON.stringify({ level: 30, msg: 'loop delay', maxMs }));
});
