import type { Pace } from './contract.js';

/** As fast as it goes. */
export const NO_PACE: Pace = { mustRest: false, rest: () => Promise.resolve(), run: (piece) => piece() };

/** So many events are worked on before the clock is looked at. */
export const EVENTS_PER_PIECE = 32;
