import { expect, test } from '@jest/globals';
import { refuse } from '#domain';
import { LogUnavailable } from '#event-log';
import type { Outcome } from '#runtime';
import { batchReply } from './batch-reply.js';
import { Turns } from '../http/turns.js';
import type { BatchEntryInput } from './batch.js';

const entry: BatchEntryInput = {
  type: 'DistributeYield',
  command: { type: 'DistributeYield' },
  key: null,
  compared: () => ({ canonical: '', asSent: '' }),
};
const accepted: Outcome = { status: 'accepted', version: 7, events: [], repeated: false };

test('a batch that was cut off says how far it came and why', async () => {
  const outcomes = [
    accepted,
    { status: 'refused', refusal: refuse('agent-unknown', 'there is no agent eve') } as const,
  ];
  const cutOff = new LogUnavailable('secret host');
  const reply = await batchReply({ status: 'done', outcomes, version: 7, cutOff }, [entry, entry, entry], new Turns());
  expect(reply).toMatchObject({
    version: 7,
    results: [
      { status: 'accepted', version: 7 },
      { status: 'refused', problem: { code: 'agent-unknown', status: 404 } },
    ],
    cutOff: { decided: 2, problem: { code: 'database-unavailable', status: 503 } },
  });
  expect(JSON.stringify(reply)).not.toContain('secret');
});
