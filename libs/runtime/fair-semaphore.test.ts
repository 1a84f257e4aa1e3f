import { describe, expect, test } from '@jest/globals';
import { Overloaded } from './contract.js';
import { FairSemaphore } from './fair-semaphore.js';

/** Works that run until they are let go of, and in which order they began. */
class Works {
  readonly began: string[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly run = (semaphore: FairSemaphore, client: string | undefined, name: string, signal?: AbortSignal) =>
    semaphore.run(
      () =>
        new Promise<void>((resolve) => {
          this.began.push(name);
          this.#ends.set(name, resolve);
        }),
      { client, signal },
    );

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await new Promise(setImmediate);
  }
}

describe('the places of a fair semaphore', () => {
  test('a client has half of them, whatever it asks for; the rest is there for others', () => {
    const semaphore = new FairSemaphore({ runningMax: 4, waitingMax: 100 });
    const works = new Works();
    for (let i = 0; i < 20; i += 1) void works.run(semaphore, 'greedy', `greedy ${i}`);
    void works.run(semaphore, 'modest', 'modest');
    expect(works.began).toEqual(['greedy 0', 'greedy 1', 'modest']);
    expect([semaphore.running, semaphore.waiting]).toEqual([3, 18]);
  });

  test('those who wait take turns by client, each in its own order', async () => {
    const semaphore = new FairSemaphore({ runningMax: 1, waitingMax: 100 });
    const works = new Works();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) void works.run(semaphore, name[0], name);
    for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']) {
      expect(works.began.at(-1)).toBe(name);
      await works.end(name);
    }
    expect([semaphore.running, semaphore.waiting]).toEqual([0, 0]);
  });

  test('the process itself has all of them', () => {
    const semaphore = new FairSemaphore({ runningMax: 2, waitingMax: 2 });
    const works = new Works();
    for (const name of ['1', '2', '3']) void works.run(semaphore, undefined, name);
    expect(works.began).toEqual(['1', '2']);
  });

  test('half of those that wait are a client’s, and what is beyond is refused', async () => {
    const semaphore = new FairSemaphore({ runningMax: 1, waitingMax: 4 });
    const works = new Works();
    for (const name of ['1', '2', '3']) void works.run(semaphore, 'greedy', name);
    await expect(works.run(semaphore, 'greedy', '4')).rejects.toThrow(Overloaded);
    for (const name of ['5', '6']) void works.run(semaphore, 'modest', name);
    await expect(works.run(semaphore, 'third', '7')).rejects.toThrow(Overloaded);
    expect(semaphore.waiting).toBe(4);
  });

  test('whoever leaves while it waits makes room, and its turn passes on', async () => {
    const semaphore = new FairSemaphore({ runningMax: 1, waitingMax: 4 });
    const works = new Works();
    const gone = new AbortController();
    void works.run(semaphore, 'a', 'a1');
    const left = works.run(semaphore, 'b', 'b1', gone.signal);
    void works.run(semaphore, 'c', 'c1');
    gone.abort(new RangeError('gone'));
    await expect(left).rejects.toThrow(RangeError);
    await works.end('a1');
    expect(works.began).toEqual(['a1', 'c1']);
  });

  test('a work that fails gives its place back', async () => {
    const semaphore = new FairSemaphore({ runningMax: 1, waitingMax: 1 });
    await expect(semaphore.run(() => Promise.reject(new RangeError('failed')), { client: 'a' })).rejects.toThrow(
      'failed',
    );
    await expect(semaphore.run(() => Promise.resolve('done'), { client: 'b' })).resolves.toBe('done');
  });
});
