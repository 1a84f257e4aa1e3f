import { accuracyOf, type Accuracy } from './accuracy.js';
import { audit, type Audit } from './audit.js';
import { readCalendar } from './calendar.js';
import type { Options } from './options.js';
import { Progress, type Screen } from './progress.js';
import { enrol } from './roster.js';
import { SeedClient } from './seed-client.js';
import { simulate, type SimulationResult } from './simulation.js';
import { summaryOf } from './summary.js';

/** What the run has of the world outside. */
export interface Surroundings {
  readonly output: Screen;
  /** For progress and complaints. */
  readonly screen: Screen;
  readonly color: boolean;
  readonly fetch?: typeof fetch;
}

export interface Run {
  readonly result: SimulationResult;
  readonly accuracy: Accuracy;
  /** The run went wrong if this has differences. */
  readonly audit: Audit;
}

/** Drives a running server through the calendar, and prints the summary. */
export async function run(options: Options, { output, screen, color, fetch }: Surroundings): Promise<Run> {
  const { server, timeline, seed, days, changes, fork } = options;
  const calendar = await readCalendar();
  const bots = enrol(changes);
  const progress = new Progress(screen, { total: days, color });
  const client = new SeedClient({
    url: server,
    ...(options.key !== undefined && { key: options.key }),
    ...(fetch === undefined ? {} : { fetch }),
    onSilence: (reason) => progress.say(`No answer (${reason}); trying again.`),
    onAnswerAgain: () => progress.say('The server answers again.'),
  });
  const dateOf = (day: number): string => calendar[day - 1]?.date ?? '';
  const startedAt = performance.now();
  const onDay = (day: number): void => progress.update(day, dateOf(day));
  const result = await simulate({ client, timeline, fork, seed, bots, calendar, days, onDay });
  const elapsedMs = performance.now() - startedAt;
  const audited = await audit(client, { timeline, ledger: result.ledger, bots });
  const accuracy = accuracyOf(result.forecasts);
  const summary = summaryOf({ result, accuracy, audit: audited, bots, lastDate: dateOf(days), elapsedMs });
  output.write(`${summary.join('\n')}\n`);
  for (const difference of audited.differences) screen.write(`Wrong: ${difference}.\n`);
  return { result, accuracy, audit: audited };
}
