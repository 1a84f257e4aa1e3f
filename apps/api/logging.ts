import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Settings } from '#settings';

/** The process's log: one JSON object a line on standard output. */
export function createLog({ logLevel }: Pick<Settings, 'logLevel'>): Logger {
  return pino({
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
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
