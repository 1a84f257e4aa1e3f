import type { LoggerService } from '@nestjs/common';
import { pino, type Logger, type LoggerOptions } from 'pino';
import type { Settings } from '#settings';

/** What is held of a log that cannot be written at the moment. */
const HELD_MAX_BYTES = 1_048_576;

/**
 * The process's log: one JSON object a line on standard output. A terminal that is closed or a disk that is full takes no
 * lines; the server goes on without them. Those of a full disk are written when there is room.
 */
export function createLog({ logLevel }: Pick<Settings, 'logLevel'>): Logger {
  const output = pino.destination({ fd: 1, sync: true, maxLength: HELD_MAX_BYTES });
  output.on('error', () => undefined);
  const options: LoggerOptions = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, output);
}

/** Nest's own messages as lines of the same log; what it says about every route it maps is for debugging. */
export function nestLogger(log: Logger): LoggerService {
  const write =
    (level: 'debug' | 'error' | 'trace' | 'warn') =>
    (message: unknown, ...context: unknown[]): void => {
      log[level]({ context: context.at(-1) }, String(message));
    };
  return {
    log: write('debug'),
    debug: write('trace'),
    verbose: write('trace'),
    warn: write('warn'),
    error: write('error'),
  };
}
