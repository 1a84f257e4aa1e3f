import { Option, type Command } from 'commander';
import { decodeCursor, type PresentedEvent } from '#presentation';
import type { Desk } from '../desk/desk.js';
import { follow } from '../desk/follow.js';
import { withDesk } from '../desk/open-desk.js';
import type { Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseAfter, parseTypes, parseWhole } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

const pageSize = 1_000;
const limitMax = 999_999_999_999_999;

interface EventsOptions extends DeskOptions {
  readonly after?: number;
  readonly type?: readonly string[];
  readonly limit?: number;
  readonly follow?: boolean;
}

const help = `
With --json each event is one line of JSON. With --follow it starts behind the last event, unless --after is given, and
goes on until Ctrl-C; a connection that breaks is made again and gone on with after the last event shown.

Examples:
  npm run seed -- events LAB --limit 20
  npm run seed -- events LAB --type BetPlaced,SharesSold --after 100
  npm run --silent seed -- events LAB --json | jq .type
  npm run --silent seed -- events LAB --follow --json`;

export function addEvents(seed: Command, session: Session): void {
  const command = seed
    .command('events')
    .description('Print the log of a timeline, oldest first, or follow it as it grows')
    .argument('<timeline>', 'its name', parseTimelineName)
    .addOption(
      new Option('--after <version>', 'start behind this version (default: 0, the beginning)').argParser(parseAfter),
    )
    .addOption(new Option('--type <type>', 'only events of this type; repeatable').argParser(parseTypes))
    .addOption(new Option('--limit <n>', 'end after so many events').argParser(parseWhole(1, limitMax)))
    .option('--follow', 'go on with what is written from now on');
  deskCommand(command, help).action((timeline: string, options: EventsOptions) =>
    session.print(options, (signal) =>
      withDesk(session, options, (desk) => {
        const events = options.follow === true ? followed : stored;
        return print(events(desk, timeline, { options, signal, session }), options, session);
      }),
    ),
  );
}

interface Wish {
  readonly options: EventsOptions;
  readonly signal: AbortSignal;
  readonly session: Session;
}

async function print(events: AsyncIterable<PresentedEvent>, options: EventsOptions, session: Session): Promise<void> {
  let left = options.limit ?? Infinity;
  for await (const event of events) {
    await session.writeLine(options.json === true ? JSON.stringify(event) : eventLine(event));
    left -= 1;
    if (left === 0) return;
  }
}

async function* stored(desk: Desk, timeline: string, { options, signal }: Wish): AsyncGenerator<PresentedEvent> {
  const { after = 0, type, limit = pageSize } = options;
  const wanted = { limit: Math.min(limit, pageSize), ...(type !== undefined && { types: type }) };
  for (let from: number | null = after; from !== null && !signal.aborted;) {
    const { items, nextCursor } = await desk.events(timeline, { ...wanted, after: from });
    yield* items;
    from = nextCursor === null ? null : Number(decodeCursor(nextCursor));
  }
}

function followed(desk: Desk, timeline: string, { options, signal, session }: Wish): AsyncIterable<PresentedEvent> {
  const { after = null, type } = options;
  const wanted = { after, signal, ...(type !== undefined && { types: type }) };
  return follow(desk, timeline, { wanted, note: (sentence) => session.note(sentence) });
}

const eventLine = ({ version, at, type, data }: PresentedEvent): string =>
  `${String(version).padStart(8)}  ${at}  ${type}  ${JSON.stringify(data)}`;
