import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import { fault } from './fault.js';

export const networkFaults = [
  fault({
    name: 'cut',
    row: 3,
    everySeconds: 9,
    strike: ({ roll, members }) => Promise.resolve(pick(roll, members).proxy.cutAll() > 0),
  }),
  fault({
    name: 'cut-append-reply',
    row: 3,
    everySeconds: 20,
    strike: ({ roll, members }) => pick(roll, members).cutAtAppend(10_000, { bytesLetThrough: 0, kills: false }),
  }),
  fault({
    name: 'cut-within-append-reply',
    row: 3,
    everySeconds: 30,
    strike: ({ roll, members }) =>
      pick(roll, members).cutAtAppend(10_000, { bytesLetThrough: 1 + roll(120), kills: false }),
  }),
  fault({
    name: 'black-hole',
    row: 3,
    everySeconds: 75,
    async strike({ roll, members }) {
      const { proxy } = pick(roll, members);
      proxy.blackHole(true);
      await sleep(1_000 + roll(9_000));
      proxy.blackHole(false);
      return true;
    },
  }),
  fault({
    name: 'delay',
    row: 3,
    everySeconds: 45,
    async strike({ roll, members }) {
      const { proxy } = pick(roll, members);
      proxy.delay(20 + roll(280));
      await sleep(2_000 + roll(6_000));
      proxy.delay(0);
      return true;
    },
  }),
];
