import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { dataDirOf, envFileWarnings, readSettings, refuseOpenDoor } from '#settings';
import { createLog } from './logging.js';
import { sentenceFor } from './process/boot-failure.js';
import { runPrimary } from './process/primary.js';

// From dist/apps/api.
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

let log = createLog({ logLevel: 'info' });

function die(error: unknown): never {
  const sentence = sentenceFor(error);
  if (sentence === undefined) log.fatal({ err: error }, 'A fault that nobody expected has ended this process.');
  else log.fatal(sentence);
  process.exit(1);
}

process.on('uncaughtException', die);
process.on('unhandledRejection', die);

const settings = readSettings(projectFolder);
refuseOpenDoor(settings);
if (settings.databaseUrl === undefined) dataDirOf(settings);
log = createLog(settings);
if (cluster.isPrimary) {
  for (const sentence of envFileWarnings(projectFolder)) log.warn(sentence);
  process.exit(await runPrimary(settings, projectFolder, log));
} else {
  const { runWorker } = await import('./process/worker.js');
  await runWorker(settings, log);
  process.exit(0);
}
