import { shownLine } from './terminal-text.js';

const redrawsPerSecondMax = 10;
/** The rate is that of about the last so many ms, so that it tells of now and does not jump. */
const rateWindowMs = 5_000;
const barWidth = 24;
/** Where a terminal does not tell. */
const columnsByDefault = 80;

/** The terminal that standard error is shown on. */
export interface Terminal {
  /** Its width now, in characters; undefined where it is not known. */
  readonly columns: number | undefined;
  write(text: string): void;
}

/** How far something is. */
export interface Progress {
  readonly done: number;
  /** What `done` will be at the end; absent where nobody knows. */
  readonly of?: number | undefined;
  /** What is under way, and in which unit: `Verifying REALITY, events`. */
  readonly what: string;
}

/** A line on the terminal that tells how far something is. */
export interface ProgressLine {
  /** Draws, unless it was drawn less than a tenth of a second ago; may be called for every event. */
  show(progress: Progress): void;
  /** Takes the line away; the next `show` begins anew. */
  end(): void;
}

/** Where there is no terminal nothing is written at all. */
export function progressLine(
  terminal: Terminal | undefined,
  nowMs: () => number = () => performance.now(),
): ProgressLine {
  if (terminal === undefined) return { show: () => undefined, end: () => undefined };
  let drawnAtMs: number | undefined;
  let what = '';
  let rate = rateMeter();
  return {
    show(progress) {
      const now = nowMs();
      if (progress.what !== what) [what, rate] = [progress.what, rateMeter()];
      else if (drawnAtMs !== undefined && now - drawnAtMs < 1_000 / redrawsPerSecondMax) return;
      const line = progressText(
        { ...progress, what: shownLine(what) },
        rate(progress.done, now),
        (terminal.columns ?? columnsByDefault) - 1,
      );
      terminal.write(`\r${line}\u001B[K`);
      drawnAtMs = now;
    },
    end() {
      if (drawnAtMs !== undefined) terminal.write('\r\u001B[K');
      [drawnAtMs, what] = [undefined, ''];
    },
  };
}

/** Gives the rate a second since the beginning of the window; undefined until there is one. */
function rateMeter(): (done: number, nowMs: number) => number | undefined {
  const samples: { readonly done: number; readonly atMs: number }[] = [];
  return (done, atMs) => {
    samples.push({ done, atMs });
    while (samples.length > 2 && atMs - (samples[1]?.atMs ?? atMs) >= rateWindowMs) samples.shift();
    const [first] = samples;
    if (first === undefined || first.atMs === atMs) return undefined;
    return Math.max(0, ((done - first.done) * 1_000) / (atMs - first.atMs));
  };
}

/**
 * What fits into so many columns, the least needed left out first: the bar, the rate, the time that is left.
 *
 * @param rate a second
 */
export function progressText({ done, of, what }: Progress, rate: number | undefined, columns: number): string {
  const share = of === undefined || of === 0 ? undefined : Math.min(1, done / of);
  const counted = of === undefined ? count(done) : `${count(done)} of ${count(of)}`;
  const percent = share === undefined ? '' : `${Math.floor(share * 100)} %`.padStart(5);
  const pace = rate === undefined ? '' : `${count(rate)}/s`;
  const left = of === undefined || rate === undefined || rate < 1e-3 ? '' : `${duration((of - done) / rate)} left`;
  const bar = share === undefined ? '' : barText(share);
  const full = [
    [what, bar, percent, counted, pace, left],
    [what, percent, counted, pace, left],
    [what, percent, counted, left],
    [what, percent, counted],
    [what, percent],
  ];
  const lines = full.map((parts) => parts.filter((part) => part !== '').join('  '));
  return lines.find((line) => line.length <= columns) ?? what.slice(0, Math.max(0, columns));
}

function barText(share: number): string {
  const filled = Math.floor(share * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
}

/** With a comma between thousands, whatever the machine's language is. */
const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
