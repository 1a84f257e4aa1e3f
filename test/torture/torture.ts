import { writeFile } from 'node:fs/promises';
import { dice } from '../dice.js';
import { closeArena, openArena } from './arena.js';
import type { Verdict } from './check/evidence.js';
import type { Fault } from './faults/fault.js';
import { FAULTS } from './faults/faults.js';
import { sizeOf } from './history.js';
import type { Options } from './options.js';
import { failuresOf, textOf, type Report } from './report.js';
import { Resources } from './resources.js';
import { checkRound, playRound } from './round.js';
import { Strikes } from './strikes.js';

/** Runs it all, prints the report, and cleans up. True if no promise was broken and every fault really struck. */
export async function torture(options: Options, folder: string): Promise<boolean> {
  const { seed, minutes, clients, rate } = options;
  const startedMs = performance.now();
  console.log(`Seed ${seed}: ${clients} clients on 3 processes for ${minutes} min.`);
  const notes: string[] = [];
  const arena = await openArena({ roll: dice(seed), project: options.project, note: (what) => notes.push(what) });
  const verdicts: Verdict[] = [];
  const broken: string[] = [];
  const told = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      broken.push(`ended early by ${signal}`);
      told.abort();
    });
  }
  const chosen: readonly Fault[] = FAULTS.filter(({ name }) => options.faults.has(name));
  const strikes = new Strikes(
    chosen
      .filter(({ everySeconds }) => everySeconds < Infinity)
      .map((fault) => ({ ...fault, everySeconds: fault.everySeconds / options.pace })),
    { arena, totalSeconds: minutes * 60, roll: dice(seed + 1) },
  );
  const resources = new Resources(arena);
  let recorded = 0;
  const retries = { again: 0, atOnce: 0, otherBody: 0 };
  let workedMs = 0;
  let checking = Promise.resolve();
  const round = async (number: number, work: (limit: AbortSignal) => Promise<void>): Promise<void> => {
    const limit = new AbortController();
    const played = await playRound(arena, {
      number,
      seed: seed + number * 100,
      folder: `${folder}/round-${number}`,
      clients,
      batchMax: options.batchMax,
      pauseMs: rate === 0 ? 0 : (clients / rate) * 1_000,
      count: (operation) => {
        recorded += sizeOf(operation);
        if (operation.attempts > 1) retries.again += 1;
        if (operation.isOneOfMany) retries.atOnce += 1;
        if (operation.asked.kind === 'reuse') retries.otherBody += 1;
        if (recorded >= options.operations) limit.abort();
      },
      work: () => work(AbortSignal.any([limit.signal, told.signal])),
    });
    broken.push(...played.streamFaults);
    await checking;
    checking = checkRound(played).then((found) => {
      verdicts.push(...found);
      const wrong = found.flatMap(({ violations }) => violations).length;
      const worked = Math.round(workedMs / 1_000);
      console.log(`Round ${number}, ${worked} s in: ${recorded} operations recorded, ${wrong} kinds of violations.`);
    });
  };
  try {
    await Promise.all(arena.members.map((member) => member.ready()));
    resources.start();
    let number = 0;
    while (workedMs < minutes * 60_000 && recorded < options.operations && !told.signal.aborted) {
      const roundMs = Math.min(options.roundSeconds * 1_000, minutes * 60_000 - workedMs);
      await round((number += 1), async (limit) => {
        workedMs += await strikes.during(roundMs, limit);
      });
    }
    for (const fault of told.signal.aborted ? [] : chosen.filter(({ everySeconds }) => everySeconds === Infinity)) {
      await round((number += 1), () => strikes.finally(fault));
    }
    await checking;
  } finally {
    resources.stop();
    await closeArena(arena);
  }
  const report: Report = {
    seed,
    seconds: (performance.now() - startedMs) / 1_000,
    workedSeconds: workedMs / 1_000,
    clients,
    strikes: strikes.counts(),
    retries,
    broken: [...broken, ...strikes.broken],
    verdicts,
    resources: resources.summary(),
    starts: arena.members.map(({ starts }) => starts),
    notes,
  };
  console.log(textOf(report));
  if (options.report !== null) await writeFile(options.report, JSON.stringify(report, null, 2));
  const failures = failuresOf(report);
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  return failures.length === 0;
}
