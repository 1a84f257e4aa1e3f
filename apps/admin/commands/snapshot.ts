import type { Command } from 'commander';
import type { SnapshotView } from '#presentation';
import { withDesk } from '../desk/open-desk.js';
import type { Answer, Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseTimelineName } from './timeline-option.js';

interface SnapshotOptions extends DeskOptions {
  readonly list?: boolean;
}

const help = `
A server takes snapshots by itself. They are a cache that makes starting, forking and looking back fast: losing one loses
nothing. One more changes nothing of the timeline.

Examples:
  npm run seed -- snapshot LAB
  npm run seed -- snapshot LAB --list`;

export function addSnapshot(seed: Command, session: Session): void {
  const command = seed
    .command('snapshot')
    .description('Store the state of a timeline as it is now, or list what is stored')
    .argument('<timeline>', 'its name', parseTimelineName)
    .option('--list', 'list the stored snapshots instead, newest first');
  deskCommand(command, help).action((timeline: string, options: SnapshotOptions) =>
    session.answer(options, () => (options.list === true ? list : take)(timeline, options, session)),
  );
}

const take = (timeline: string, options: SnapshotOptions, session: Session): Promise<Answer> =>
  withDesk(session, options, async (desk) => {
    const snapshot = await desk.takeSnapshot(timeline);
    return { facts: snapshot, lines: [`Stored ${timeline} at ${snapshotLine(snapshot)}`] };
  });

const list = (timeline: string, options: SnapshotOptions, session: Session): Promise<Answer> =>
  withDesk(session, options, async (desk) => {
    const items = await desk.snapshots(timeline);
    return {
      facts: { items, nextCursor: null },
      lines: items.length === 0 ? [`${timeline} has no snapshot.`] : items.map(snapshotLine),
    };
  });

const snapshotLine = ({ version, takenAt, sizeBytes, stateHash }: SnapshotView): string =>
  `version ${version}, ${takenAt}, ${sizeBytes} bytes, state hash ${stateHash}`;
