/** Live timelines: queue, group commit, catch-up, snapshots, clocks and following, over an event log. */
export * from './contract.js';
