import { isMet, type Figure, type Finding, type Measurement, type Ratio } from './measurement.js';

/** A measurement with what it came to, or with why it came to nothing. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
  readonly finding: Finding | null;
  readonly failure: string | null;
}

/** The figures of one measurement, as soon as it is done. */
export function figuresOf({ id, title, finding, failure, seconds }: Result): string {
  const lines = (finding?.figures ?? []).map(figureLine);
  if (failure !== null) lines.push(`  failed: ${failure}`);
  return [`${id}  ${title} (${seconds.toFixed(0)} s)`, ...lines, ...(finding?.ratios ?? []).map(ratioLine), ''].join(
    '\n',
  );
}

/** All ratios against their targets. */
export function tableOf(results: readonly Result[]): string {
  const header = ['#', 'ratio', 'value', 'target', ''];
  const rows = results.flatMap(({ id, finding, failure }) =>
    failure !== null
      ? [[id, 'failed', '', '', '']]
      : (finding?.ratios ?? []).map((ratio) => [
          id,
          ratio.of,
          shortNumber(ratio.value),
          targetOf(ratio),
          verdictOf(ratio),
        ]),
  );
  return table([header, ...rows]);
}

/** What a machine reads: everything, rounds included. */
export const jsonOf = (run: object, results: readonly Result[]): string =>
  `${JSON.stringify({ ...run, results: results.map(withVerdicts) }, null, 2)}\n`;

export const failureOf = ({ id, title }: Measurement, seconds: number, error: unknown): Result => ({
  id,
  title,
  seconds,
  finding: null,
  failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
});

function withVerdicts({ finding, ...result }: Result): object {
  const ratios = finding?.ratios.map((ratio) => ({ ...ratio, met: isMet(ratio) ?? null }));
  return { ...result, figures: finding?.figures ?? [], ratios: ratios ?? [] };
}

function figureLine({ of, value, unit, rounds = [] }: Figure): string {
  const spread =
    rounds.length > 1 ? `   ${shortNumber(Math.min(...rounds))} … ${shortNumber(Math.max(...rounds))}` : '';
  return `  ${of.padEnd(58)}${shortNumber(value).padStart(12)} ${unit.padEnd(16)}${spread}`.trimEnd();
}

const ratioLine = (ratio: Ratio): string =>
  `  ${ratio.of.padEnd(58)}${shortNumber(ratio.value).padStart(12)} ${`${targetOf(ratio)} ${verdictOf(ratio)}`.trim()}`.trimEnd();

function targetOf({ target }: Ratio): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function verdictOf(ratio: Ratio): string {
  const met = isMet(ratio);
  if (met === undefined) return '';
  return met ? 'met' : 'missed';
}

function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Rows in columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
