import { formatDecimal, type ClockKind, type Lifecycle, type Settings } from '#domain';
import { formatTenths } from './decimals.js';

/** The settings of a timeline that are in force. */
export interface SettingsView {
  readonly reactAt: string;
  readonly autoMarketAt: string;
  readonly tickSeconds: number;
  readonly liquidity: string;
  readonly feeBps: number;
}

/** As they are given when a timeline is created or forked. */
export const settingsView = (settings: Settings): SettingsView => ({
  reactAt: formatTenths(settings.reactAtTenths),
  autoMarketAt: formatTenths(settings.autoMarketAtTenths),
  tickSeconds: settings.tickSeconds,
  liquidity: formatDecimal(settings.liquidity),
  feeBps: settings.feeBps,
});

/** What moves a timeline's time. */
export interface ClockView {
  readonly clock: ClockKind;
  /** What a wall clock shows more than the database's, ms; 0 on a virtual clock. */
  readonly offsetMs: number;
}

/** What is not there yet has no clock to show; a virtual one stands still, as it does. */
export const clockView = (lifecycle: Lifecycle): ClockView =>
  lifecycle.status === 'absent'
    ? { clock: 'virtual', offsetMs: 0 }
    : { clock: lifecycle.clock, offsetMs: lifecycle.offsetMs };
