import { formatDecimal, micro, parseDecimal } from '#domain';
import type { ComparisonView, DifferenceView, PresentedEvent } from '#presentation';

/** How much of an event's data is shown. */
const dataCharsMax = 100;

const noChange: BalanceChange = { id: '', sides: [], size: 0n };

/** An agent whose balances are not alike. */
interface BalanceChange {
  readonly id: string;
  /** Such as `available 920 → 910 (-10)`. */
  readonly sides: readonly string[];
  /** The larger of the differences, micro-units. */
  readonly size: bigint;
}

/** How often something of one section is not alike. */
interface Count {
  differ: number;
  onlyLeft: number;
  onlyRight: number;
}

/** Takes up the differences of a comparison page by page, and keeps what a summary shows. */
export class ComparisonSummary {
  readonly #first: ComparisonView;
  readonly #balancesMax: number;
  readonly #counts = new Map<string, Count>();
  #supply = 'the same';
  #balances: readonly BalanceChange[] = [];

  constructor(first: ComparisonView, balancesMax: number) {
    this.#first = first;
    this.#balancesMax = balancesMax;
  }

  add(differences: readonly DifferenceView[]): void {
    for (const difference of differences) this.#count(difference);
    const [supply] = differences.filter(({ section }) => section === 'supply');
    if (supply !== undefined) this.#supply = changeOf('moneySupply', supply)?.text ?? this.#supply;
    const balances = differences.filter(({ section }) => section === 'agents').map(balanceChange);
    this.#balances = [...this.#balances, ...balances]
      .filter(({ size }) => size > noChange.size)
      .sort((one, other) => (one.size === other.size ? 0 : one.size < other.size ? 1 : -1))
      .slice(0, this.#balancesMax);
  }

  lines(): readonly string[] {
    const { left, right, ancestor } = this.#first;
    return [
      `${left.timeline} at version ${left.version}, and ${right.timeline} at version ${right.version}`,
      `Common ancestor   ${ancestor === null ? 'none' : `${ancestor.timeline} at version ${ancestor.version}`}`,
      ...this.#divergenceLines(),
      `Money supply      ${this.#supply}`,
      ...this.#balanceLines(),
      ...this.#countLines(),
    ];
  }

  #divergenceLines(): readonly string[] {
    const { left, right, firstDivergence } = this.#first;
    if (firstDivergence === null) return ['First divergence  none'];
    return [
      'First divergence',
      `  ${left.timeline}: ${eventText(firstDivergence.left)}`,
      `  ${right.timeline}: ${eventText(firstDivergence.right)}`,
    ];
  }

  #balanceLines(): readonly string[] {
    if (this.#balances.length === 0) return ['Balances          the same'];
    return [
      'Largest differences in balances',
      ...this.#balances.map(({ id, sides }) => `  ${id}: ${sides.join(', ')}`),
    ];
  }

  #countLines(): readonly string[] {
    const { left, right } = this.#first;
    if (this.#counts.size === 0) return ['Nothing else differs.'];
    const lines = [...this.#counts].map(([section, { differ, onlyLeft, onlyRight }]) => {
      const parts = [
        ...(differ > 0 ? [`${differ} not alike`] : []),
        ...(onlyLeft > 0 ? [`${onlyLeft} only in ${left.timeline}`] : []),
        ...(onlyRight > 0 ? [`${onlyRight} only in ${right.timeline}`] : []),
      ];
      return `  ${section}: ${parts.join(', ')}`;
    });
    return ['All differences', ...lines];
  }

  #count({ section, left, right }: DifferenceView): void {
    const count = this.#counts.get(section) ?? { differ: 0, onlyLeft: 0, onlyRight: 0 };
    if (right === null) count.onlyLeft += 1;
    else if (left === null) count.onlyRight += 1;
    else count.differ += 1;
    this.#counts.set(section, count);
  }
}

function balanceChange(difference: DifferenceView): BalanceChange {
  const changes = ['available', 'staked'].flatMap((name) => {
    const change = changeOf(name, difference);
    return change === undefined ? [] : [{ ...change, text: `${name} ${change.text}` }];
  });
  const sizes = changes.map(({ by }) => (by < 0n ? 0n - by : by));
  return {
    id: difference.id,
    sides: changes.map(({ text }) => text),
    size: sizes.reduce((largest, size) => (size > largest ? size : largest), 0n),
  };
}

/** Undefined where the field is alike. A row that a side has not counts as 0. */
function changeOf(
  name: string,
  { left, right }: DifferenceView,
): { readonly by: bigint; readonly text: string } | undefined {
  const [ours, theirs] = [fieldOf(left, name), fieldOf(right, name)];
  if (ours === undefined && theirs === undefined) return undefined;
  const by = microOf(theirs ?? '0') - microOf(ours ?? '0');
  return { by, text: `${ours ?? 'none'} → ${theirs ?? 'none'} (${by > 0n ? '+' : ''}${formatDecimal(micro(by))})` };
}

function fieldOf(row: object | null, name: string): string | undefined {
  const value = (row as Readonly<Record<string, unknown>> | null)?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** Decimal text, with a sign where it is below 0 → micro-units. */
const microOf = (text: string): bigint =>
  text.startsWith('-') ? 0n - microOf(text.slice(1)) : (parseDecimal(text) ?? 0n);

function eventText(event: PresentedEvent | null): string {
  if (event === null) return 'nothing more';
  const data = JSON.stringify(event.data);
  const shown = data.length > dataCharsMax ? `${data.slice(0, dataCharsMax)}…` : data;
  return `version ${event.version}, ${event.at}, ${event.type} ${shown}`;
}
