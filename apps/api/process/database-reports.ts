import type { Logger } from 'pino';
import type { RuntimeReports } from '#runtime';

type Trouble = Parameters<NonNullable<RuntimeReports['databaseTrouble']>>[0]['trouble'];

const sentences: Readonly<Record<Trouble, { readonly begun: string; readonly over: string }>> = {
  away: {
    begun: 'The database is away: reads are answered from what is known, changes are refused until it is back',
    over: 'The database is back',
  },
  'read-only': {
    begun: 'The database is read-only: changes are refused until it takes them',
    over: 'The database takes changes again',
  },
  locked: {
    begun: 'Commits wait too long for what others hold in the database, and are refused',
    over: 'No commit waits too long any more',
  },
  conflicting: {
    begun: 'Commits conflict with what others do in the database, and are refused',
    over: 'No commit conflicts any more',
  },
  full: {
    begun: 'The disk of the database is full: changes are refused until there is room',
    over: 'The database has room again',
  },
  'no-standby': {
    begun:
      'Commits were to wait for a synchronous standby and there is none: what is acknowledged may be on one machine alone',
    over: 'Commits wait for a synchronous standby again',
  },
};

/** One line when something is wrong with the database, with its cause, and one when it is over, with how long it was. */
export const databaseReports = (log: Logger): Pick<RuntimeReports, 'databaseTrouble' | 'databaseRecovered'> => ({
  databaseTrouble: ({ trouble, cause }) => {
    log.warn({ trouble, cause }, `${sentences[trouble].begun} (${cause}).`);
  },
  databaseRecovered: ({ trouble, ms }) => {
    log.info({ trouble, ms }, `${sentences[trouble].over}, after ${(ms / 1_000).toFixed(1)} s.`);
  },
});
