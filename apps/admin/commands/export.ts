import type { Command } from 'commander';
import { withArchive } from '../archives/archive-source.js';
import { headFacts, headLines, sizeText } from '../archives/heads.js';
import { takeNewArchive, type TakenArchive } from '../archives/take-archive.js';
import { EXIT } from '../exit-codes.js';
import { Failure, refused } from '../failure.js';
import { assertWritable, createPartFile } from '../files/part-file.js';
import { whyNot } from '../files/why-not.js';
import { keyFileOption, serverOption } from '../server/server-option.js';
import type { Answer, Session } from '../session.js';
import { timelineOption } from './timeline-option.js';

interface ExportOptions {
  readonly timeline?: string;
  readonly force?: boolean;
  readonly server?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
}

const help = `
An archive is the log as it was at one moment; commands go on meanwhile. It goes through the running server; where none
runs, straight to the database, which is started if it has to be. Whatever is exported is checked on the way: a log that
was changed by hand is refused with the place (exit code 1). The file has its name once it is whole and on the disk.

It prints the head of each timeline as VERSION:HASH: keep them elsewhere, for seed verify --expect. With - for a file the
archive goes to standard output, and the answer to standard error.

Exit codes: 0 exported; 1 refused, such as a file or a name that is taken; 3 neither server nor database answers.

Examples:
  npm run seed -- export all.seed.gz
  npm run seed -- export run-7.seed.gz --timeline RUN-7
  npm run --silent seed -- export - --server http://127.0.0.1:8000 | ssh vault 'cat > all.seed.gz'
  npm run --silent seed -- export all.seed.gz --force --json`;

export function addExport(seed: Command, session: Session): void {
  seed
    .command('export')
    .description('Write an archive of all timelines, or of one with its ancestry')
    .argument('<file>', 'where to; - is standard output')
    .addOption(timelineOption('this one alone, with its ancestry'))
    .option('--force', 'write over a file that exists')
    .addOption(serverOption())
    .addOption(keyFileOption())
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action((file: string, options: ExportOptions) =>
      session.answer({ ...options, aside: file === '-' }, () =>
        file === '-' ? exportToOutput(options, session) : exportToFile(session.path(file), options, session),
      ),
    );
}

async function exportToFile(path: string, options: ExportOptions, session: Session): Promise<Answer> {
  const { force = false } = options;
  await assertWritable(path, { force });
  return withArchive(session, options, async (source, through) => {
    const part = await createPartFile(path);
    try {
      const sink = (bytes: Uint8Array): Promise<void> => part.write(bytes);
      const taken = await takeNewArchive({ source, sink, onEvents: exporting(options, session) });
      await part.seal();
      await part.publish(path, { force });
      return answerOf(path, taken, through);
    } finally {
      await part.discard();
    }
  });
}

async function exportToOutput(options: ExportOptions, session: Session): Promise<Answer> {
  const { outBytes } = session.surroundings;
  if (outBytes === undefined) {
    throw new Failure('Standard output is a terminal, which cannot show an archive.', {
      exitCode: EXIT.usage,
      code: 'output-is-terminal',
    });
  }
  const sink = (bytes: Uint8Array): Promise<void> =>
    outBytes(bytes).catch((error: unknown) => {
      throw refused('output-unwritable', `Standard output cannot be written: ${whyNot(error)}.`);
    });
  return withArchive(session, options, async (source, through) => {
    const taken = await takeNewArchive({ source, sink, onEvents: exporting(options, session) });
    return answerOf('-', taken, through);
  });
}

function exporting(options: ExportOptions, session: Session): (done: number, of: number) => void {
  const progress = session.progress(options);
  return (done, of) => progress.show({ done, of, what: 'Exporting, events' });
}

function answerOf(file: string, { manifest, bytes, sha256 }: TakenArchive, through: string): Answer {
  const { createdAt } = manifest;
  return {
    facts: { file, bytes, sha256, createdAt, through, timelines: headFacts(manifest) },
    lines: [
      `Exported through ${through} to ${file === '-' ? 'standard output' : file}:`,
      `  size       ${sizeText(bytes)}`,
      `  SHA-256    ${sha256}`,
      `  as of      ${createdAt}`,
      `  timelines  ${manifest.timelines.length}`,
      ...headLines(manifest).map((line) => `  ${line}`),
    ],
  };
}
