import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Boot } from '../boot.js';
import type { Answer, ReadTarget } from '../queries/answer.js';
import { fullStateText, stateView, type StateView } from './state-view.js';

/** The state at the head. */
export class GetState extends Query<Answer<StateView>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

@QueryHandler(GetState)
export class GetStateHandler implements IQueryHandler<GetState> {
  constructor(private readonly boot: Boot) {}

  execute({ target: { timeline, options } }: GetState): Promise<Answer<StateView>> {
    const { runtime } = this.boot;
    return runtime.readPinned(timeline, options, async (pinned) => {
      const body = stateView(pinned, await runtime.stateHash(pinned.state));
      return { body, version: pinned.version, staleMs: pinned.staleMs };
    });
  }
}

/** All of the state at the head, as a stream of JSON text. */
export class StreamState extends Query<Answer<Readable>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

/** How long a reader may take; the state stays pinned for it, which costs what changes meanwhile. */
const READ_MAX_MS = 120_000;

@QueryHandler(StreamState)
export class StreamStateHandler implements IQueryHandler<StreamState> {
  constructor(private readonly boot: Boot) {}

  /** The state stays pinned until the stream has ended or was destroyed. */
  execute({ target: { timeline, options } }: StreamState): Promise<Answer<Readable>> {
    const { runtime } = this.boot;
    return new Promise((resolve, reject) => {
      runtime
        .readPinned(timeline, options, async (pinned) => {
          const summary = stateView(pinned, await runtime.stateHash(pinned.state));
          const body = Readable.from(fullStateText(summary, pinned.state), { objectMode: false });
          resolve({ body, version: pinned.version, staleMs: pinned.staleMs });
          await finished(body, { signal: AbortSignal.timeout(READ_MAX_MS) }).catch(() => body.destroy());
        })
        .catch(reject);
    });
  }
}
