import type { MigrationInterface } from 'typeorm';
import { CreateEventLog1764000000001 } from './0001-create-event-log.js';
import { ForkTimelines1764000000002 } from './0002-fork-timelines.js';
import { ReplayJobs1764000000003 } from './0003-replay-jobs.js';
import { Access1764000000004 } from './0004-access.js';
import { ClientDemand1764000000005 } from './0005-client-demand.js';
import { BuildRequirements1764000000006 } from './0006-build-requirements.js';
import { LabelsOfForks1764000000007 } from './0007-labels-of-forks.js';

/** Every migration, oldest first. Forward only; the first line of each says whether running writers may stay. */
export const migrations: readonly (new () => MigrationInterface & { readonly name: string })[] = [
  CreateEventLog1764000000001,
  ForkTimelines1764000000002,
  ReplayJobs1764000000003,
  Access1764000000004,
  ClientDemand1764000000005,
  BuildRequirements1764000000006,
  LabelsOfForks1764000000007,
];

/** How many migrations this build knows: what a newer one says of it is said by this number. */
export const BUILD_LEVEL = migrations.length;
