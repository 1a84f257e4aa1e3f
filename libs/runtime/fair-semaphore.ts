import { Overloaded } from './contract.js';
import type { Waiting } from './past/contract.js';

/** How much there is of both places; a client has at most half of each. */
export interface SemaphoreLimits {
  /** Works that run at once. */
  readonly runningMax: number;
  /** More works that wait for a place. */
  readonly waitingMax: number;
}

/** One work that waits. Resolves its `run` when it has a place. */
type Waiter = () => void;

/** What is there of one client. */
interface Share {
  running: number;
  readonly waiting: Set<Waiter>;
}

/** The process's own work: of it there is a bounded number by itself, so it has no share. */
const OWN = Symbol('own');

type Client = string | typeof OWN;

/**
 * Lets a bounded number of works run at once; some more wait, and the rest is refused. A client has at most half of the
 * places, and those who wait take turns by client: however much one asks for, the others are served.
 */
export class FairSemaphore {
  readonly #limits: SemaphoreLimits;
  /** Only those with something running or waiting; whoever is first has its turn next. */
  readonly #shares = new Map<Client, Share>();
  #running = 0;
  #waiting = 0;

  constructor(limits: SemaphoreLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }
  get waiting(): number {
    return this.#waiting;
  }

  /** Rejects with `Overloaded` where too many wait, with the signal's reason where it aborts before the turn comes. */
  async run<T>(work: () => Promise<T>, { signal, client: given }: Waiting = {}): Promise<T> {
    signal?.throwIfAborted();
    const client: Client = given ?? OWN;
    const share = this.#shareOf(client);
    if (this.#hasPlaceFor(client, share)) this.#enter(client, share);
    else await this.#turn(client, share, signal);
    try {
      return await work();
    } finally {
      this.#leave(client, share);
    }
  }

  #shareOf(client: Client): Share {
    const known = this.#shares.get(client);
    if (known !== undefined) return known;
    const share: Share = { running: 0, waiting: new Set() };
    this.#shares.set(client, share);
    return share;
  }

  /** Those who wait and could run do already, so who comes may take what is free. */
  #hasPlaceFor(client: Client, share: Share): boolean {
    const { runningMax } = this.#limits;
    return this.#running < runningMax && (client === OWN || share.running < halfOf(runningMax));
  }

  #enter(client: Client, share: Share): void {
    this.#running += 1;
    share.running += 1;
    this.#queueUp(client, share);
  }

  /** Whoever took a place or gives one back is last in the order of turns from then on; one with nothing is forgotten. */
  #queueUp(client: Client, share: Share): void {
    this.#shares.delete(client);
    if (share.running > 0 || share.waiting.size > 0) this.#shares.set(client, share);
  }

  /** Resolves with a place. */
  #turn(client: Client, share: Share, signal: AbortSignal | undefined): Promise<void> {
    const { waitingMax } = this.#limits;
    const waitsTooMuch = client !== OWN && share.waiting.size >= halfOf(waitingMax);
    if (waitsTooMuch || this.#waiting >= waitingMax) {
      this.#forgetIfIdle(client, share);
      throw new Overloaded(`${this.#waiting} reads wait already, ${share.waiting.size} of them the client's own`);
    }
    return new Promise((resolve, reject) => {
      const goOn: Waiter = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        share.waiting.delete(goOn);
        this.#waiting -= 1;
        this.#forgetIfIdle(client, share);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      share.waiting.add(goOn);
      this.#waiting += 1;
    });
  }

  #leave(client: Client, share: Share): void {
    this.#running -= 1;
    share.running -= 1;
    this.#queueUp(client, share);
    this.#admitNext();
  }

  /** The first client in the order that waits and may run takes the place. */
  #admitNext(): void {
    for (const [client, share] of this.#shares) {
      const [next] = share.waiting;
      if (next === undefined || !this.#hasPlaceFor(client, share)) continue;
      share.waiting.delete(next);
      this.#waiting -= 1;
      this.#enter(client, share);
      next();
      return;
    }
  }

  #forgetIfIdle(client: Client, share: Share): void {
    if (share.running === 0 && share.waiting.size === 0) this.#shares.delete(client);
  }
}

const halfOf = (places: number): number => Math.ceil(places / 2);
