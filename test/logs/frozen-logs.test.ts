import { createReadStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { importArchive, proveArchive } from '#archives';
import { EVENT_SHAPES } from '#domain';
import { openMemoryLog } from '#event-log';
import { openRuntime } from '#runtime';
import { runtimeOptions } from '../runtime/harness.js';
import { readFrozen, writeFrozen } from './archive-lines.js';
import { cook, hashesOf, type FrozenHashes } from './freeze.js';
import { recipes } from './recipes.js';

const corpus = new URL('../fixtures/logs/', import.meta.url);
const logFile = (name: string) => new URL(`${name}.seed.gz`, corpus);
const hashFile = (name: string) => new URL(`${name}.hashes.json`, corpus);

// How a log is added: test/fixtures/logs/README.md. What is there already is never written again.
if (process.env['FREEZE_LOGS'] === 'new') {
  for (const [name, recipe] of Object.entries(recipes)) {
    if (existsSync(logFile(name))) continue;
    const logs = await cook(recipe);
    writeFileSync(logFile(name), writeFrozen(logs), { flag: 'wx' });
    writeFileSync(hashFile(name), `${JSON.stringify(hashesOf(logs), null, 2)}\n`, { flag: 'wx' });
  }
}

const names = readdirSync(corpus)
  .filter((file) => file.endsWith('.seed.gz'))
  .map((file) => file.slice(0, -'.seed.gz'.length));
const frozen = new Map(names.map((name) => [name, readFrozen(readFileSync(logFile(name)))]));

describe.each(names)('the frozen log %s', (name) => {
  const logs = frozen.get(name) ?? [];
  const hashes = JSON.parse(readFileSync(hashFile(name), 'utf8')) as FrozenHashes;

  test('folds to the state hashes of its day', () => {
    expect(hashesOf(logs)).toEqual(hashes);
  });

  test('is imported like any archive, and folds in a runtime to the state at its head', async () => {
    const log = openMemoryLog();
    const checked = await proveArchive(createReadStream(logFile(name)));
    const imported = await importArchive(log, createReadStream(logFile(name)), { checked });
    expect(imported.status).toBe('imported');
    const runtime = await openRuntime(runtimeOptions(log));
    for (const { name: timeline, genesisHash, head } of logs) {
      const record = await log.findTimeline(timeline);
      expect([record?.genesisHash, record?.head]).toEqual([genesisHash, head]);
      expect(head.hash).toBe(hashes[timeline]?.chainHash);
      const stateHash = await runtime.readPinned(timeline, {}, ({ state }) => runtime.stateHash(state));
      expect(stateHash).toBe(hashes[timeline]?.stateHashes[head.version]);
    }
    await runtime.drain();
  });
});

test('the corpus holds every event in every shape it ever had', () => {
  const events = [...frozen.values()].flat().flatMap(({ commits }) => commits.flatMap((commit) => commit.events));
  const held = new Set(events.map(({ type, schemaVersion }) => `${type} ${schemaVersion}`));
  const shapes = Object.entries(EVENT_SHAPES).flatMap(([type, { schemaVersion }]) =>
    Array.from({ length: schemaVersion }, (_, i) => `${type} ${i + 1}`),
  );
  expect(shapes.filter((shape) => !held.has(shape))).toEqual([]);
});

test('a frozen log that was changed is not read', () => {
  const [first] = names;
  const bytes = readFileSync(logFile(first ?? ''));
  const [log] = readFrozen(bytes);
  expect(log?.commits.length).toBeGreaterThan(0);
  expect(() => readFrozen(bytes.subarray(0, -20))).toThrow();
});
