import type { ArchiveManifest } from './manifest.js';
import type { ArchiveRecord } from './read-archive.js';

/** Told after each commit how many events were read, and how many there are. */
export type OnEvents = (done: number, of: number) => void;

/** Passes records on, and tells how far that is. */
export async function* countEvents(
  records: AsyncIterable<ArchiveRecord>,
  onEvents: OnEvents = () => undefined,
): AsyncGenerator<ArchiveRecord> {
  let [done, of] = [0, 0];
  for await (const record of records) {
    if (record.kind === 'manifest') of = eventsOf(record.manifest);
    yield record;
    if (record.kind !== 'commit') continue;
    done += record.events.length;
    onEvents(done, of);
  }
}

/** How many events an archive holds: each timeline's own. */
const eventsOf = ({ timelines }: ArchiveManifest): number =>
  timelines.reduce((sum, { head, parent }) => sum + head.version - (parent?.forkVersion ?? 0), 0);
