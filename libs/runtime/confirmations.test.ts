import { expect, test } from '@jest/globals';
import { genesisHead, type Head } from '#event-log';
import { DatabaseClock, systemClock } from './clock.js';
import { Confirmations } from './confirmations.js';

/** Confirmations of a head that the test gives, question by question. */
function openConfirmations() {
  const questions: ((head: Head) => void)[] = [];
  const confirmations = new Confirmations({
    clock: new DatabaseClock(systemClock(0)),
    ask: () => new Promise((resolve) => questions.push(resolve)),
    hasReached: () => true,
    loadedAtMs: 0,
  });
  return { confirmations, questions };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const head = (version: number): Head => ({ ...genesisHead(), version });

test('who asks in one turn shares a question, and who asks while it is under way shares the next one', async () => {
  const { confirmations, questions } = openConfirmations();
  const first = [confirmations.next(), confirmations.next(), Promise.resolve().then(() => confirmations.next())];
  await turn();
  expect(questions).toHaveLength(1);
  const second = [confirmations.next(), confirmations.next()];
  questions[0]?.(head(1));
  expect((await Promise.all(first)).map(({ version }) => version)).toEqual([1, 1, 1]);
  const third = confirmations.next();
  await turn();
  expect(questions).toHaveLength(2);
  questions[1]?.(head(2));
  const versions = (await Promise.all([...second, third])).map(({ version }) => version);
  expect(versions).toEqual([2, 2, 2]);
  expect(questions).toHaveLength(2);
});
