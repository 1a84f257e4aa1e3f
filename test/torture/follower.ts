import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick, type Dice } from '../dice.js';

/** Follows one timeline's event stream over cuts and restarts, at whatever server there is, and misses nothing. */
export class Follower {
  readonly faults: string[] = [];
  readonly #timeline: string;
  readonly #urls: readonly string[];
  readonly #roll: Dice;
  #version = 1;

  constructor(timeline: string, urls: readonly string[], roll: Dice) {
    this.#timeline = timeline;
    this.#urls = urls;
    this.#roll = roll;
  }

  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.#follow(stopping).catch(() => undefined);
      if (!stopping.aborted) await sleep(100);
    }
  }

  async #follow(stopping: AbortSignal): Promise<void> {
    const url = `${pick(this.#roll, this.#urls)}/v1/timelines/${this.#timeline}/events/stream`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // A signal of its own: what hangs on one goes with it, and a run makes hundreds of connections.
      const signal = AbortSignal.any([stopping]);
      get(url, { headers: { 'last-event-id': String(this.#version) }, signal }, resolve).on('error', reject);
    });
    if (response.statusCode !== 200) {
      response.resume();
      // A head that is behind what was followed means that acknowledged history is gone.
      if (response.statusCode === 409)
        this.faults.push(`${this.#timeline} is behind ${this.#version}, which was followed`);
      return;
    }
    let rest = '';
    let isFirst = true;
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('id:')) continue;
        const version = Number(line.slice(3));
        // A stream begins by saying where it stands.
        if (!isFirst || version !== this.#version) this.#take(version);
        isFirst = false;
      }
    }
  }

  #take(version: number): void {
    if (version !== this.#version + 1) {
      this.faults.push(`after version ${this.#version} of ${this.#timeline} the stream went on at ${version}`);
    }
    this.#version = version;
  }
}
