import { describe, expect, test } from '@jest/globals';
import { Pacer } from './pacer.js';

/** A clock that stands still but for work, others' turns and sleep. */
class TestClock {
  ms = 0;
  othersMs = 0;
  turns = 0;
  readonly slept: number[] = [];

  readonly nowMs = (): number => this.ms;
  readonly nextTurn = async (): Promise<void> => {
    await Promise.resolve();
    this.turns += 1;
    this.ms += this.othersMs;
  };
  readonly sleep = async (ms: number): Promise<void> => {
    await Promise.resolve();
    this.slept.push(ms);
    this.ms += ms;
  };
}

/** Work of so many pieces of 0.5 ms. */
async function work({ clock, pacer }: { clock: TestClock; pacer: Pacer }, pieces: number): Promise<void> {
  for (let i = 0; i < pieces; i += 1) {
    if (pacer.mustRest) await pacer.rest();
    pacer.run(() => (clock.ms += 0.5));
  }
}

const paced = (othersMs: number) => {
  const clock = new TestClock();
  clock.othersMs = othersMs;
  return { clock, pacer: new Pacer(clock) };
};

describe('long work is paced', () => {
  test('it gives the turn away every 2 ms, and goes on at once where nobody else has work', async () => {
    const idle = paced(0.1);
    await work(idle, 40);
    expect(idle.clock.turns).toBe(9);
    expect(idle.clock.slept).toEqual([]);
  });

  test('among others it takes a quarter of the time', async () => {
    const busy = paced(1);
    await work(busy, 40);
    expect(busy.clock.slept).toEqual(Array(9).fill(6));
  });

  test('several at once share the quarter', async () => {
    const busy = paced(1);
    await Promise.all([work(busy, 40), work(busy, 40)]);
    const workedMs = 40;
    expect(busy.clock.ms).toBeGreaterThan(workedMs * 3.5);
    expect(busy.clock.turns).toBeLessThanOrEqual(20);
  });

  test('time spent waiting for something else is no work', async () => {
    const { clock, pacer } = paced(0);
    for (let i = 0; i < 10; i += 1) {
      clock.ms += 100;
      pacer.run(() => (clock.ms += 0.1));
      expect(pacer.mustRest).toBe(false);
    }
    await pacer.rest();
    expect(clock.slept).toEqual([]);
  });

  test('a piece that throws is counted, and its error is the caller’s', () => {
    const { clock, pacer } = paced(0);
    const piece = () => {
      clock.ms += 3;
      throw new RangeError('no');
    };
    expect(() => pacer.run(piece)).toThrow(RangeError);
    expect(pacer.mustRest).toBe(true);
  });

  test('on the real clock the turn is really given away', async () => {
    const pacer = new Pacer();
    let others = 0;
    const timer = setInterval(() => (others += 1), 1);
    const endMs = performance.now() + 60;
    while (performance.now() < endMs) {
      if (pacer.mustRest) await pacer.rest();
      pacer.run(() => {
        const untilMs = performance.now() + 0.5;
        while (performance.now() < untilMs);
      });
    }
    clearInterval(timer);
    expect(others).toBeGreaterThan(5);
  });
});
