import { openMemoryLog } from '#event-log';
import { describeEventLog } from './contract.js';

describeEventLog('the log in memory', () => {
  const log = openMemoryLog();
  return Promise.resolve({ log, close: () => log.close() });
});
