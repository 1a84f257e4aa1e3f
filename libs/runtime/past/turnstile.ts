import { Overloaded } from '../contract.js';

/** Lets a bounded number of works run at once; some more wait in order, and the rest is refused. */
export class Turnstile {
  readonly #limits: { readonly runningMax: number; readonly waitingMax: number };
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: { readonly runningMax: number; readonly waitingMax: number }) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects with `Overloaded` where too many wait, with the signal's reason where it aborts before the turn comes. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.#limits.runningMax) this.#running += 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  /** Resolves with a place taken over from whoever left. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    const { waitingMax } = this.#limits;
    if (this.#waiting.size >= waitingMax) throw new Overloaded(`${waitingMax} wait for a state already`);
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.delete(goOn);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(goOn);
    });
  }

  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
