import type { KeyDigest } from '#event-log';
import type { RequestKey } from './contract.js';

/** Requests with the same key, one at a time: a duplicate waits for the first, then finds its key burnt, or is decided itself. */
export class OncePerKey {
  readonly #underWay = new Map<KeyDigest, Promise<unknown>>();

  async run<T>(key: RequestKey | null, request: () => Promise<T>): Promise<T> {
    if (key === null) return request();
    const digest = key.digest(0);
    for (;;) {
      const first = this.#underWay.get(digest);
      if (first === undefined) break;
      await first.catch(() => undefined);
    }
    const running = request();
    this.#underWay.set(digest, running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(digest);
    }
  }
}
