import { checkEconomy, evolve, faultOfEvent, readStoredEvent, State } from '#domain';
import type { RecordedEvent } from '#event-log';
import { NotSound, type Follower } from './check-archive.js';
import { ForkPoints } from './fork-points.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';

/** Whether a history has to keep the rules. */
export interface HistoryOptions {
  /**
   * A history that breaks a rule, or that this build cannot read, is let pass; where it is imported it is stopped, as it
   * was where it was exported. For backups of one's own.
   */
  readonly acceptStopped?: boolean | undefined;
}

/** States that lie on each other: the lowest first, each an overlay of the one before. */
type Layers = readonly [State, ...State[]];

/** A read goes through every layer, so that there are not many. */
const LAYERS_MAX = 16;

/** Folds every timeline of an archive from its first event to its head. A fork begins with its parent's state. */
export class Histories {
  readonly #timelines: ReadonlyMap<string, ArchivedTimeline>;
  readonly #forkPoints: ForkPoints<Layers>;
  readonly #acceptStopped: boolean;
  #timeline: ArchivedTimeline | undefined;
  /** Undefined once the fold came to an event that it could not go on behind. */
  #layers: Layers | undefined;

  constructor(manifest: ArchiveManifest, { acceptStopped = false }: HistoryOptions) {
    this.#timelines = new Map(manifest.timelines.map((timeline) => [timeline.name, timeline]));
    this.#forkPoints = new ForkPoints(manifest);
    this.#acceptStopped = acceptStopped;
  }

  readonly follow: Follower = (record) => {
    if (record.kind === 'timeline') this.#begin(record.name);
    if (record.kind === 'commit') for (const event of record.events) this.#add(event);
    if (record.kind === 'end') this.#finish();
  };

  #begin(name: string): void {
    this.#finish();
    this.#timeline = this.#timelines.get(name);
    const parent = this.#timeline?.parent ?? null;
    const below = parent === null ? undefined : this.#forkPoints.take(parent);
    this.#layers = parent === null ? [new State()] : below && over(below);
    this.#forkPoints.enter(name);
  }

  #add(event: RecordedEvent): void {
    const top = this.#layers?.at(-1);
    if (top === undefined) return;
    const fault = this.#misplaced(event) ?? faultOf(top, event);
    if (fault !== undefined) {
      this.#layers = undefined;
      this.#refuse(fault, event.version);
    } else if (this.#layers !== undefined && this.#forkPoints.isAt(event.version)) {
      this.#forkPoints.keep(event.version, this.#layers);
      this.#layers = over(this.#layers);
    }
  }

  #misplaced({ version, type }: RecordedEvent): string | undefined {
    const parent = this.#timeline?.parent ?? null;
    const isFirst = version === (parent?.forkVersion ?? 0) + 1;
    const first = parent === null ? 'TimelineCreated' : 'TimelineForked';
    return isFirst && type !== first ? `a history begins with ${first} and not with ${type}` : undefined;
  }

  /** At its head the books of a timeline balance. */
  #finish(): void {
    const top = this.#layers?.at(-1);
    const [unbalanced] = top === undefined ? [] : checkEconomy(top);
    const head = this.#timeline?.head.version;
    if (unbalanced !== undefined) this.#refuse(`the books do not balance at version ${head ?? 0}: ${unbalanced}`, head);
    this.#layers = undefined;
    this.#timeline = undefined;
  }

  #refuse(what: string, version?: number): void {
    if (!this.#acceptStopped) throw new NotSound(what, version);
  }
}

/** Evolves the state; gives what keeps the event from being part of a history. */
function faultOf(state: State, event: RecordedEvent): string | undefined {
  const { version, type, atMs } = event;
  try {
    const read = readStoredEvent(event);
    if (read.kind === 'unreadable') return `the event cannot be read: ${read.reason}`;
    const fault = faultOfEvent(read.event, state);
    if (fault !== undefined) return `the ${type} breaks a bound: ${fault}`;
    evolve(state, read.event, { version, atMs });
    return undefined;
  } catch (error) {
    return `the ${type} breaks a rule: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A state of its own over the others, which hold still from now on. */
function over(layers: Layers): Layers {
  const below = layers.length < LAYERS_MAX ? layers : ([flattened(layers)] as const);
  const top = below.at(-1) ?? below[0];
  return [...below, top.overlay()];
}

function flattened(layers: Layers): State {
  const flat = new State();
  for (const layer of layers) flat.absorb(layer);
  return flat;
}
