import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import type { ReplayView } from '#presentation';
import type { Desk, NewReplay } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import { EXIT } from '../exit-codes.js';
import type { Answer, Session } from '../session.js';
import { recordedCommand, type ChangeOptions, type RecordedOptions } from './options.js';
import { parseKey, parseVersion } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

const lookEveryMs = 500;

interface ReplayOptions extends ChangeOptions, RecordedOptions {
  readonly mode: NewReplay['mode'];
  readonly to?: number;
}

const help = `
Folds the whole log beside the commands that go on. "verify" compares the result with what is stored and served, and names
the first version at which they part; "rebuild" puts it in their place. It goes on until the replay has ended: a Ctrl-C
cancels it. It ends with 0 if the replay was completed and all is as the log gives it, with 1 if not.

Examples:
  npm run seed -- replay LAB
  npm run seed -- replay LAB --to 42
  npm run --silent seed -- replay LAB --mode rebuild --json`;

export function addReplay(seed: Command, session: Session): void {
  const command = seed
    .command('replay')
    .description('Fold the log of a timeline anew, to verify what is stored and served or to rebuild it')
    .argument('<timeline>', 'its name', parseTimelineName)
    .addOption(new Option('--mode <mode>', 'what for').choices(['verify', 'rebuild']).default('verify'))
    .addOption(new Option('--to <version>', 'how far to verify (default: the last version)').argParser(parseVersion))
    .addOption(
      new Option('--key <key>', 'idempotency key (default: a new one, so that it is replayed again)').argParser(
        parseKey,
      ),
    );
  recordedCommand(command, help).action((timeline: string, options: ReplayOptions) =>
    session.answer(options, () => replay(timeline, options, session)),
  );
}

function replay(timeline: string, options: ReplayOptions, session: Session): Promise<Answer> {
  const { mode, to, key = randomUUID() } = options;
  const progress = session.progress(options);
  return withDesk(session, options, async (desk) => {
    const started = await desk.startReplay({ timeline, mode, ...(to !== undefined && { to }) }, key);
    const ended = await untilEnded(desk, started, {
      signal: session.surroundings.stopping,
      onProgress: ({ version, of }) =>
        progress.show({ done: version, of: of ?? undefined, what: `Replaying ${timeline}, events` }),
    });
    const isWell = ended.status === 'completed' && ended.matches !== false;
    return { facts: ended, lines: replayLines(ended), exitCode: isWell ? EXIT.ok : EXIT.refused };
  });
}

async function untilEnded(
  desk: Desk,
  started: ReplayView,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal | undefined; readonly onProgress: (replay: ReplayView) => void },
): Promise<ReplayView> {
  let replay = started;
  while (replay.status === 'running') {
    onProgress(replay);
    if (signal?.aborted === true) return desk.cancelReplay(replay.id);
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    replay = await desk.replay(replay.id);
  }
  return replay;
}

function replayLines(replay: ReplayView): readonly string[] {
  const { timeline, mode, status, version, stateHash, failure } = replay;
  const difference = replay.firstDifference as {
    version: number;
    lastAlike: number;
    where: string;
    detail: string;
  } | null;
  return [
    `The replay of ${timeline}, to ${mode} it, is ${status} at version ${version}.`,
    ...(stateHash === null ? [] : [`  state hash  ${stateHash}`]),
    ...(status === 'completed' && difference === null
      ? ['  all that it was compared with is as the log gives it']
      : []),
    ...(difference === null
      ? []
      : [
          `  not alike at version ${difference.version}, last alike at ${difference.lastAlike} (${difference.where}): ${difference.detail}`,
        ]),
    ...(failure === null
      ? []
      : [`  it failed${failure.version === null ? '' : ` at version ${failure.version}`}: ${failure.reason}`]),
  ];
}
