import { clientFaults } from './clients.js';
import { databaseFaults } from './database.js';
import { diskFaults } from './disk.js';
import { networkFaults } from './network.js';
import { processFaults } from './processes.js';
import { promotion } from './promotion.js';
import { secondServer } from './second-server.js';
import { storedFaults } from './stored.js';
import { timelineFaults } from './timelines.js';

/** Everything that can go wrong, in order of the table of docs/reliability.md. */
export const FAULTS = [
  ...processFaults,
  ...databaseFaults,
  secondServer,
  ...networkFaults,
  ...diskFaults,
  ...storedFaults,
  ...clientFaults,
  ...timelineFaults,
  promotion,
].sort((one, other) => one.row - other.row);

/** The name of a fault. */
export type FaultName = (typeof FAULTS)[number]['name'];
