import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseExpectedHash, type ExpectedHash, type Verification } from '#proof';
import { withDesk } from '../desk/open-desk.js';
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
leaves a sound chain: note VERSION:HASH now and then, and give it as --expect.

Examples:
  npm run seed -- verify LAB
  npm run seed -- verify LAB --expect 9:87bbcfe7a2ec0a171aa2373693ab34abb97f264579ba23a0ff31cecbc7a5dda2
  npm run --silent seed -- verify REALITY --json`;

export function addVerify(seed: Command, session: Session): void {
  const command = seed
    .command('verify')
    .description('Prove that the history of a timeline is what was written, and keeps the rules')
    .argument('<timeline>', 'its name', parseTimelineName)
    .addOption(
      new Option('--expect <version:hash>', 'the chain hash that was noted there; repeatable').argParser(parseExpected),
    );
  deskCommand(command, help).action((timeline: string, options: VerifyOptions) =>
    session.answer(options, () => verify(timeline, options, session)),
  );
}

function verify(timeline: string, options: VerifyOptions, session: Session): Promise<Answer> {
  const progress = session.progress(options);
  return withDesk(session, options, async (desk) => {
    const verification = await desk.verify(timeline, options.expect ?? [], ({ version, of }) =>
      progress.show({ done: version, of, what: `Verifying ${timeline}, events` }),
    );
    return {
      facts: verification,
      lines: verificationLines(verification),
      exitCode: verification.valid ? EXIT.ok : EXIT.refused,
    };
  });
}

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
