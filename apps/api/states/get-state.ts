import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { fullStateText, stateView, type StateView } from '#presentation';
import { Boot } from '../boot.js';
import type { Answer } from '../queries/answer.js';
import { holdPast, type PastTarget } from './read-past.js';

/** What the state at a moment comes to. */
export class GetState extends Query<Answer<StateView>> {
  constructor(readonly target: PastTarget) {
    super();
  }
}

@QueryHandler(GetState)
export class GetStateHandler implements IQueryHandler<GetState> {
  constructor(private readonly boot: Boot) {}

  execute({ target }: GetState): Promise<Answer<StateView>> {
    return holdPast(this.boot, target, async (held, staleMs) => {
      const body = stateView(held, await held.stateHash());
      return { body, version: held.version, staleMs };
    });
  }
}

/** All of the state at a moment, as a stream of JSON text. */
export class StreamState extends Query<Answer<Readable>> {
  constructor(readonly target: PastTarget) {
    super();
  }
}

/** How long a reader may take: it holds a place that others wait for, and a live state stays pinned, which costs what changes. */
const READ_MAX_MS = 30_000;

@QueryHandler(StreamState)
export class StreamStateHandler implements IQueryHandler<StreamState> {
  constructor(private readonly boot: Boot) {}

  /** The state is held until the stream has ended or was destroyed. */
  execute({ target }: StreamState): Promise<Answer<Readable>> {
    return new Promise((resolve, reject) => {
      holdPast(this.boot, target, async (held, staleMs) => {
        const summary = stateView(held, await held.stateHash());
        const body = Readable.from(fullStateText(summary, held.state), { objectMode: false });
        resolve({ body, version: held.version, staleMs });
        await finished(body, { signal: AbortSignal.timeout(READ_MAX_MS) }).catch(() => body.destroy());
      }).catch(reject);
    });
  }
}
