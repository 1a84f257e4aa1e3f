import { afterEach, beforeEach, describe, test } from '@jest/globals';
import type { EventLog } from '#event-log';
import { accessCases } from './access-cases.js';
import { appendCases } from './append-cases.js';
import { forkCases } from './fork-cases.js';
import { keyCases } from './key-cases.js';
import { lockCases } from './lock-cases.js';
import { readingCases } from './reading-cases.js';
import { replayCases } from './replay-cases.js';
import { rowCases } from './row-cases.js';
import { snapshotCases } from './snapshot-cases.js';
import { timelineCases } from './timeline-cases.js';

/** An empty log, and how to get rid of it. */
export interface OpenedLog {
  readonly log: EventLog;
  close(): Promise<void>;
}

/** One thing that every log must do; rejects where it does not. */
export interface ContractCase {
  readonly rule: string;
  readonly holds: (log: EventLog) => Promise<void>;
}

/** The contract of the port, to be passed by every log. */
export function describeEventLog(name: string, open: () => Promise<OpenedLog>): void {
  describe(`${name} keeps the contract of an event log`, () => {
    let opened: OpenedLog;

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(async () => {
      await opened.close();
    });

    test.each(contractCases.map(({ rule, holds }) => ({ rule, holds })))('$rule', async ({ holds }) => {
      await holds(opened.log);
    });
  });
}

export const contractCases: readonly ContractCase[] = [
  ...appendCases,
  ...keyCases,
  ...timelineCases,
  ...readingCases,
  ...lockCases,
  ...snapshotCases,
  ...replayCases,
  ...forkCases,
  ...rowCases,
  ...accessCases,
];
