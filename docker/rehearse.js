// Carries out docker/Dockerfile without a container engine: each stage in a folder of its own, each RUN by a shell in it.
// Then starts the image's command as an unprivileged user, once with the embedded PostgreSQL and once with DATABASE_URL,
// waits for its health check and for readiness, asks with an access key and without, and stops it as an engine would.
//
// It understands the instructions that the Dockerfile uses and refuses any other. Node is the one that runs this file,
// not the one the Dockerfile names.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findEmbeddedPostgres, startThrowawayPostgres } from '#embedded-postgres';

const root = fileURLToPath(new URL('..', import.meta.url));
const startsWithinMs = 60_000;
const stopsWithinMs = 40_000;

const work = await mkdtemp(join(tmpdir(), 'seed-image-'));
await chmod(work, 0o755);
try {
  const image = await build(await instructions());
  const secret = { ACCESS_SECRET: randomBytes(32).toString('base64') };
  await refuses(image, 'without a secret', {});
  await refuses(image, 'without an admin’s key', secret);
  const key = keyFrom(image, ['keys', 'create', 'rehearsal', '--role', 'admin', '--json'], secret);
  await rehearse(image, 'with the embedded PostgreSQL', { env: secret, key });
  await rehearse(image, 'with the embedded PostgreSQL and its data of before', { env: secret, key });
  const postgres = await startThrowawayPostgres({ fsync: true });
  try {
    const ADMIN_KEY = keyFrom(image, ['keys', 'mint', '--json'], secret);
    const env = { ...secret, ADMIN_KEY, DATABASE_URL: postgres.url, WORKERS: '2' };
    await rehearse(image, 'with DATABASE_URL, two workers and a given key', { env, key: ADMIN_KEY });
  } finally {
    await postgres.stop();
  }
  console.log('All steps of the image were carried out, and it starts and stops.');
} finally {
  await rm(work, { recursive: true, force: true, maxRetries: 5 });
}

async function instructions() {
  const text = await readFile(join(root, 'docker/Dockerfile'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? fail(`This line is no instruction: ${line}`);
      return { name, rest, line };
    });
}

/** The last stage, as an image has it: a folder, variables, a user, a command and a health check. */
async function build(steps) {
  const stages = new Map();
  let stage;
  for (const { name, rest, line } of steps) {
    console.log(`--- ${line}`);
    switch (name) {
      case 'FROM': {
        const [, , label = 'image'] = rest.split(' ');
        stage = { folder: join(work, label), env: {}, workdir: '', user: undefined };
        stages.set(label, stage);
        await mkdir(stage.folder);
        break;
      }
      case 'WORKDIR':
        stage.workdir = rest;
        break;
      case 'ENV': {
        const [key, ...value] = rest.split('=');
        stage.env[key] = inside(stage, value.join('='));
        break;
      }
      case 'COPY':
        await copy(stage, rest.split(' '), stages);
        break;
      case 'RUN':
        await run(stage, rest);
        break;
      case 'USER':
        stage.user = unprivileged();
        break;
      case 'HEALTHCHECK':
        stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('[')));
        break;
      case 'CMD':
        stage.command = JSON.parse(rest);
        break;
      case 'ARG':
      case 'EXPOSE':
        break;
      default:
        fail(`The rehearsal does not know ${name}.`);
    }
  }
  return stage;
}

/** A path of the image as a path of this machine. */
function inside({ folder, workdir }, value) {
  return value === workdir || value.startsWith(`${workdir}/`) ? join(folder, value.slice(workdir.length)) : value;
}

async function copy(stage, words, stages) {
  const flags = words.filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.pop();
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  for (const path of paths) {
    const source = from === undefined ? join(root, path) : inside(stages.get(from), path);
    const to = target.endsWith('/') ? join(stage.folder, target, basename(path)) : join(stage.folder, target);
    await cp(source, to, { recursive: true, verbatimSymlinks: true });
    if (flags.some((flag) => flag.startsWith('--chown='))) give(to, unprivileged());
  }
}

/** With this machine's variables: what they say of proxies and certificates, npm needs here. */
async function run({ folder, env }, command) {
  const child = spawn('/bin/sh', ['-c', command], { cwd: folder, env: { ...process.env, ...env }, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) fail(`${command} ended with ${code}.`);
}

/** What a command line in the image prints as the text of a key. */
function keyFrom(image, words, more) {
  const args = ['--enable-source-maps', 'dist/apps/admin/main.js', ...words];
  const options = { ...optionsOf(image, '0', more), stdio: ['ignore', 'pipe', 'inherit'] };
  const { status, stdout } = spawnSync(process.execPath, args, options);
  if (status !== 0) fail(`${words.join(' ')} ended with ${status}.`);
  return JSON.parse(stdout.toString()).text;
}

async function refuses(image, how, more) {
  console.log(`--- The image ${how}, which has to refuse`);
  const [program, ...args] = image.command;
  const [code] = await once(spawn(program, args, optionsOf(image, String(await freePort()), more)), 'exit');
  if (code !== 1) fail(`The server was to refuse to start, and ended with ${code}.`);
}

function optionsOf({ folder, env, user }, port, more) {
  const variables = { ...basicEnv(), ...env, HOST: '127.0.0.1', PORT: port, ...more };
  return { cwd: folder, env: variables, stdio: 'inherit', ...user };
}

async function rehearse(image, how, { env: more, key }) {
  console.log(`--- The image ${how}`);
  const { env, command, healthCheck } = image;
  const port = String(await freePort());
  const options = optionsOf(image, port, more);
  const server = spawn(command[0], command.slice(1), options);
  const exited = once(server, 'exit').then(([code, signal]) => code ?? signal);
  try {
    await within(startsWithinMs, 'pass its health check', () => succeeds(healthCheck, options));
    await within(startsWithinMs, 'become ready', () => isReady(port));
    const asked = [await statusOf(port, {}), await statusOf(port, { authorization: `Bearer ${key}` })];
    if (asked.join() !== '401,200') fail(`Without a key and with one, the server answered ${asked.join(' and ')}.`);
    server.kill('SIGTERM');
    const how = await Promise.race([exited, sleep(stopsWithinMs, 'nothing in time', { ref: false })]);
    if (how !== 0) fail(`The server was to end with 0, and ended with ${how}.`);
  } finally {
    server.kill('SIGKILL');
    const left = await findEmbeddedPostgres(env.DATA_DIR).catch(() => undefined);
    if (left !== undefined) process.kill(left.pid, 'SIGQUIT');
  }
}

async function succeeds([program, ...args], options) {
  const [code] = await once(spawn(program, args, options), 'exit');
  return code === 0;
}

async function statusOf(port, headers) {
  // Of two workers one may still be starting when the other is ready.
  for (;;) {
    const { status } = await fetch(`http://127.0.0.1:${port}/v1/timelines`, { headers });
    if (status !== 503) return status;
    await sleep(250);
  }
}

function isReady(port) {
  return fetch(`http://127.0.0.1:${port}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function within(ms, what, holds) {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) fail(`The server did not ${what} within ${ms} ms.`);
    await sleep(250);
  }
}

/** Only root can become somebody else; anybody else is unprivileged enough. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag) => Number(spawnSync('id', [flag, 'nobody']).stdout.toString());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function give(path, { uid, gid }) {
  if (uid !== undefined) spawnSync('chown', ['-R', `${uid}:${gid}`, path]);
}

function basicEnv() {
  return { PATH: process.env.PATH, HOME: work };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function fail(sentence) {
  throw new Error(sentence);
}
