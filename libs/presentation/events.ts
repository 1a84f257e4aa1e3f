import { EVENT_SHAPES, readStoredEvent, type FieldUnit } from '#domain';
import type { RecordedEvent } from '#event-log';
import { formatMillionths, formatPpm, formatTenths } from './decimals.js';
import { formatTime } from './time.js';

/** What happened, in HTTP units: field names go without the unit that the stored ones end in. */
export interface PresentedFact {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as clients see it. */
export interface PresentedEvent extends PresentedFact {
  readonly version: number;
  readonly at: string;
}

/** The name of an outcome by its index in the stored event; undefined where it is not known. */
export type OutcomeName = (marketId: string, index: number) => string | undefined;

/** An event with its version and time, as `presentFact` shows it. */
export function presentEvent(event: RecordedEvent, outcomeName: OutcomeName): PresentedEvent {
  const { type, data } = presentFact(event, outcomeName);
  return { version: event.version, type, at: formatTime(event.atMs), data };
}

/**
 * Money and rates are shown as decimal text, times as ISO 8601, scores as decimal text with one digit, inputs of virality
 * as numbers, an outcome by its name. An older shape is shown as the current one; what this build cannot read, as it is stored.
 */
export function presentFact(event: RecordedEvent, outcomeName: OutcomeName): PresentedFact {
  const { type } = event;
  const read = readStoredEvent(event);
  if (read.kind === 'unreadable') return { type, data: JSON.parse(event.data) as StoredFields };
  const fields = presentFields(read.event.data as StoredFields, PLANS.get(type) ?? NOTHING_SPECIAL);
  const { marketId, outcome } = fields;
  if (typeof marketId === 'string' && typeof outcome === 'number') {
    fields['outcome'] = outcomeName(marketId, outcome) ?? outcome;
  }
  return { type, data: fields };
}

type StoredFields = Record<string, unknown>;

/** How the fields of one object are shown; a field that is not there is shown as it is stored. */
type Plan = ReadonlyMap<string, FieldPlan>;

type FieldPlan =
  | { readonly unit: FieldUnit; readonly shownAs: string }
  | { readonly unit: null; readonly within: Map<string, FieldPlan> };

const NOTHING_SPECIAL: Plan = new Map();

/** Made once: a batch presents ten thousand events. */
const PLANS: ReadonlyMap<string, Plan> = new Map(
  Object.entries(EVENT_SHAPES).map(([type, { units }]) => [type, planOf(units)]),
);

function planOf(units: Readonly<Record<string, FieldUnit>>): Plan {
  const plan = new Map<string, FieldPlan>();
  for (const [path, unit] of Object.entries(units)) {
    const names = path.split('.');
    const name = names.pop() ?? path;
    let fields = plan;
    for (const outer of names) fields = fieldsWithin(fields, outer);
    fields.set(name, { unit, shownAs: name.replace(/(?:Ppm|Ms|Tenths)$/, '') });
  }
  return plan;
}

function fieldsWithin(fields: Map<string, FieldPlan>, name: string): Map<string, FieldPlan> {
  const known = fields.get(name);
  if (known?.unit === null) return known.within;
  const within = new Map<string, FieldPlan>();
  fields.set(name, { unit: null, within });
  return within;
}

function presentFields(stored: StoredFields, plan: Plan): StoredFields {
  const shown: StoredFields = {};
  for (const name of Object.keys(stored)) {
    const field = plan.get(name);
    const value = stored[name];
    if (field === undefined) shown[name] = value;
    else if (field.unit === null) shown[name] = presentWithin(value, field.within);
    else shown[field.shownAs] = inUnit(value, field.unit);
  }
  return shown;
}

function presentWithin(value: unknown, plan: Plan): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => presentWithin(entry, plan));
  return typeof value === 'object' && value !== null ? presentFields(value as StoredFields, plan) : value;
}

function inUnit(value: unknown, unit: FieldUnit): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((entry: unknown) => inUnit(entry, unit));
  switch (unit) {
    case 'micro':
      return formatMillionths(value as string);
    case 'ppm':
      return formatPpm(value as number);
    case 'ms':
      return formatTime(value as number);
    case 'tenths':
      return formatTenths(value as number);
    case 'millionths':
      return (value as number) / 1_000_000;
  }
}
