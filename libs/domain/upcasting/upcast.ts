import { EVENT_SHAPES, type DomainEvent } from '../events.js';
import { UPCASTERS } from './upcasters.js';

/** The data of a stored event as parsed from its JSON text, in whatever shape its schema version says. */
export type StoredData = Readonly<Record<string, unknown>>;

/** Takes the data of one shape to the next one. Pure, and never changed once a release has written the next shape. */
export type Upcaster = (data: StoredData) => StoredData;

/** Upcasters by type, and by the schema version that they start from. */
export type UpcasterTable = Readonly<Record<string, Readonly<Record<number, Upcaster>> | undefined>>;

/** An event as a log holds it. */
export interface StoredEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: StoredData;
}

/** What reading a stored event came to. */
export type Upcast<Event> =
  | { readonly kind: 'read'; readonly event: Event }
  /** A type or a schema version that this build does not have; the reason is a sentence without the event's position. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * A function that brings stored events to the shapes that this build evolves, one version after the other. What is stored
 * stays as it is for ever: whoever reads it upcasts it. `shapes` has the current schema version of every type.
 */
export function upcastBy<Event>(
  shapes: Readonly<Record<string, { readonly schemaVersion: number }>>,
  upcasters: UpcasterTable,
): (stored: StoredEvent) => Upcast<Event> {
  // Maps, so that a type called `constructor` is as unknown as any other.
  const currentVersions = new Map(Object.entries(shapes).map(([type, { schemaVersion }]) => [type, schemaVersion]));
  const steps = new Map(Object.entries(upcasters));
  return ({ type, schemaVersion, data }) => {
    const current = currentVersions.get(type);
    if (current === undefined || schemaVersion > current) return unreadable(type, schemaVersion, 'run a newer build');
    let shaped = data;
    for (let version = schemaVersion; version < current; version += 1) {
      const upcaster = steps.get(type)?.[version];
      if (upcaster === undefined) return unreadable(type, schemaVersion, 'no build has written it');
      shaped = upcaster(shaped);
    }
    return { kind: 'read', event: { type, data: shaped } as Event };
  };
}

const unreadable = (type: string, schemaVersion: number, advice: string): Upcast<never> => ({
  kind: 'unreadable',
  reason: `${type} of schema version ${schemaVersion} is unknown to this build: ${advice}`,
});

const upcast = upcastBy<DomainEvent>(EVENT_SHAPES, UPCASTERS);

/**
 * A stored event, its data as the JSON text that the log has, in the shape that this build evolves and shows. Whoever
 * reads stored events reads them through this.
 */
export const readStoredEvent = (stored: {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
}): Upcast<DomainEvent> =>
  upcast({ type: stored.type, schemaVersion: stored.schemaVersion, data: JSON.parse(stored.data) as StoredData });
