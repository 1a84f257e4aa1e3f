import type { Bench } from '../bench.js';
import { connect } from '../bench.js';

/** The columns of the product's event table, without its rules: what a single row costs PostgreSQL itself. */
const table = `
  create table row_written (
    version bigint not null,
    at_ms bigint not null,
    command_id uuid not null,
    timeline_id integer not null,
    link integer not null,
    schema_version smallint not null,
    type text not null,
    actor text not null,
    data json not null,
    primary key (timeline_id, version)
  )`;

export const COLUMNS = 'version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data';

/** A bet as the product stores it, in the order of `COLUMNS` from the second on but the timeline's id. */
const bet = {
  atMs: '1357084800000',
  commandId: '9f3b1f0e-6f0a-4a8e-9a53-0f6b8f0e6a11',
  link: '-1263486211',
  schemaVersion: '1',
  type: 'BetPlaced',
  actor: 'bench',
  data: JSON.stringify({
    marketId: 'market-0',
    agentId: 'bot-42',
    outcome: 1,
    amount: '1000000',
    fee: '30000',
    shares: '1939998',
    priceBefore: 500001,
    priceAfter: 500002,
    pools: ['1000000970000', '999999030002'],
  }),
};

/** The values of one row, in the order of `COLUMNS`. */
export const rowValues = ({ timeline, version }: { timeline: number; version: number }): string[] => [
  String(version),
  bet.atMs,
  bet.commandId,
  String(timeline),
  bet.link,
  bet.schemaVersion,
  bet.type,
  bet.actor,
  bet.data,
];

/** The data of one row, for the peers that store it in their own way. */
export const rowData: object = JSON.parse(bet.data) as object;

/** A database with the table of the yardsticks, empty. */
export async function rowsDatabase(bench: Bench): Promise<string> {
  const url = await bench.newDatabase();
  const client = await connect(url);
  await client.query(table);
  await client.end();
  return url;
}
