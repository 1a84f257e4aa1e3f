import type { EventLog, EventPage, ReadRequest } from '#event-log';

const PAGE_EVENTS = 500;
/** Of documents few are read at once: as text, as values and as an answer they are in memory several times. */
const PAGE_BYTES = 2 * 1_048_576;
/** Versions that one read passes over at most: nothing but a scan finds events of a type, and a statement's time is short. */
const VERSIONS_PER_READ_MAX = 50_000;

/** A page of events, and how far the log was looked through for it: the next page starts there. */
export interface ReadPage extends EventPage {
  readonly scannedTo: number;
}

/** Reads a page whose work is bounded however rare the types are that are asked for: it may be short, or empty. */
export async function readPage(
  log: Pick<EventLog, 'readEvents'>,
  request: Omit<ReadRequest, 'limit'> & { readonly limit?: number },
): Promise<ReadPage> {
  const { afterVersion, types, limit = PAGE_EVENTS } = request;
  const end = types === undefined ? Infinity : afterVersion + VERSIONS_PER_READ_MAX;
  const toVersion = Math.min(request.toVersion ?? Infinity, end);
  const page = await log.readEvents({
    ...request,
    limit,
    bytesMax: PAGE_BYTES,
    ...(toVersion < Infinity && { toVersion }),
  });
  const last = page.events.at(-1)?.version;
  const isFull = (page.events.length === limit || page.isCut) && last !== undefined;
  return { ...page, scannedTo: isFull ? last : Math.max(afterVersion, Math.min(page.head.version, toVersion)) };
}
