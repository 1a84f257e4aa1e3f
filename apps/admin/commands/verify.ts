import { InvalidArgumentError, Option, type Command } from 'commander';
import type { StrayRows } from '#event-log';
import { parseExpectedHash, type ExpectedHash, type Verification } from '#proof';
import type { Desk } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import { strayText } from '../doctor/stray-rows.js';
import { EXIT } from '../exit-codes.js';
import type { Answer, Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseTimelineName } from './timeline-option.js';

interface VerifyOptions extends DeskOptions {
  readonly expect?: readonly ExpectedHash[];
}

const help = `
Reads every row of the timeline and of what it was forked from, proves the hash chain, folds the events and audits the
economy. The first thing that is wrong is named with its version, and the command ends with 1. A tail that was cut off
leaves a sound chain: note VERSION:HASH now and then, and give it as --expect. Without a name all timelines are proven, one
after the other, and rows of the log that belong to no timeline are looked for.

Examples:
  npm run seed -- verify
  npm run seed -- verify LAB
  npm run seed -- verify LAB --expect 9:87bbcfe7a2ec0a171aa2373693ab34abb97f264579ba23a0ff31cecbc7a5dda2
  npm run --silent seed -- verify REALITY --json`;

export function addVerify(seed: Command, session: Session): void {
  const command = seed
    .command('verify')
    .description('Prove that the history of a timeline, or of all, is what was written and keeps the rules')
    .argument('[timeline]', 'its name; all of them where there is none', parseTimelineName)
    .addOption(
      new Option('--expect <version:hash>', 'the chain hash that was noted there; repeatable').argParser(parseExpected),
    );
  deskCommand(command, help).action((timeline: string | undefined, options: VerifyOptions) => {
    if (timeline === undefined && options.expect !== undefined) {
      command.error('error: --expect is about one timeline: name it');
    }
    return session.answer(options, () => verify(timeline, options, session));
  });
}

function verify(timeline: string | undefined, options: VerifyOptions, session: Session): Promise<Answer> {
  const progress = session.progress(options);
  return withDesk(session, options, (desk) => {
    const prove = (name: string): Promise<Verification> =>
      desk.verify(name, options.expect ?? [], ({ version, of }) =>
        progress.show({ done: version, of, what: `Verifying ${name}, events` }),
      );
    return timeline === undefined ? verifyAll(desk, prove) : verifyOne(prove(timeline));
  });
}

async function verifyOne(proving: Promise<Verification>): Promise<Answer> {
  const verification = await proving;
  return {
    facts: verification,
    lines: verificationLines(verification),
    exitCode: verification.valid ? EXIT.ok : EXIT.refused,
  };
}

async function verifyAll(desk: Desk, prove: (name: string) => Promise<Verification>): Promise<Answer> {
  const timelines: Verification[] = [];
  for (const { name } of await desk.timelines()) timelines.push(await prove(name));
  const strayRows = await desk.strayRows();
  const valid = strayRows.length === 0 && timelines.every((verification) => verification.valid);
  return {
    facts: { valid, timelines, strayRows },
    lines: [...timelines.flatMap(verificationLines), ...strayLines(strayRows)],
    exitCode: valid ? EXIT.ok : EXIT.refused,
  };
}

const strayLines = (rows: readonly StrayRows[]): readonly string[] =>
  rows.length === 0 ? ['No row of the log is without a timeline.'] : rows.map((row) => `Stray: ${strayText(row)}.`);

function verificationLines({ timeline, version, headHash, ...rest }: Verification): readonly string[] {
  const { commits, events, stateHash, firstViolation } = rest;
  return [
    firstViolation === null
      ? `${timeline} is proven: ${events} events in ${commits} commits.`
      : `${timeline} is not proven: ${firstViolation.kind} at version ${firstViolation.version} of ${firstViolation.timeline}, ${firstViolation.detail}.`,
    `  proven up to  ${version}:${headHash}`,
    ...(stateHash === null ? [] : [`  state hash    ${stateHash}`]),
  ];
}

/** Added to those given before. */
function parseExpected(text: string, before: readonly ExpectedHash[] = []): readonly ExpectedHash[] {
  const expected = parseExpectedHash(text);
  if (expected === undefined)
    throw new InvalidArgumentError('It has to be a version and 64 hexadecimal digits, 42:0a1b….');
  return [...before, expected];
}
