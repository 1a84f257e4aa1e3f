import { connect } from '../bench.js';
import { simpleQuery, Wire } from './wire.js';

/** Reads the rows of all events once, as `COPY … TO STDOUT` gives them, and does nothing with them. */
export interface CopyOut {
  /** Rows/s, each row a message that pg takes out of the stream. */
  throughPg(): Promise<number>;
  /** Rows/s where Node only receives the bytes. */
  bytesOnly(): Promise<number>;
}

const columns = 'version, at_ms, command_id, schema_version, link, type, actor, data';

/** `events` is how many there are. */
export function copyOut(url: string, { timeline, events }: { timeline: string; events: number }): CopyOut {
  const statement = `copy (
      select ${columns} from event
      where timeline_id = (select timeline_id from timeline where name = '${timeline}')
      order by version
    ) to stdout`;
  const rate = (startMs: number): number => (events * 1_000) / (performance.now() - startMs);
  return {
    async throughPg() {
      const client = await connect(url);
      const startMs = performance.now();
      const { rowCount } = await client.query(statement);
      const rowsPerSecond = rate(startMs);
      await client.end();
      if (rowCount !== events) throw new Error(`COPY gave ${rowCount} rows and not ${events}`);
      return rowsPerSecond;
    },
    async bytesOnly() {
      const wire = new Wire(await connect(url));
      const startMs = performance.now();
      await wire.request(simpleQuery(statement));
      const rowsPerSecond = rate(startMs);
      wire.end();
      return rowsPerSecond;
    },
  };
}
