import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run, type Run } from '../../examples/seattle-weather/run.js';
import { parseStrategyChange } from '../../examples/seattle-weather/roster.js';
import { openTestApi, type Reply, type TestApi } from '../api/api.js';

/** A shortened calendar, forked half way. All of it: `EXAMPLE_DAYS=1461`. */
const DAYS = Number(process.env['EXAMPLE_DAYS'] ?? 30);
const HALF = Math.floor(DAYS / 2);
const SEED = Number(process.env['EXAMPLE_SEED'] ?? 1 + (Date.now() % 1_000_000));
const TIMEOUT_MS = 120_000 + DAYS * 1_000;

const quiet = { isTTY: false, write: () => {} };
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
});

afterAll(() => api.stop());

const drive = (timeline: string, more: Partial<Parameters<typeof run>[0]> = {}): Promise<Run> =>
  run(
    { server: api.url, timeline, seed: SEED, days: DAYS, changes: [], fork: null, ...more },
    { output: quiet, screen: quiet, color: false },
  );

/** Of a day by its number, from 1. */
const dateOf = (day: number): string => new Date(Date.UTC(2012, 0, day)).toISOString().slice(0, 10);

const read = async (path: string): Promise<Reply['body']> => (await api.get(`/v1/timelines/${path}`)).body;

test(
  `a fork that lives on as before comes to its parent's hash, one with another strategy to another (seed ${SEED})`,
  async () => {
    await drive('PARENT', { days: HALF });
    await api.post('/v1/timelines/PARENT/labels', { label: 'HALF' });
    const parent = await drive('PARENT');
    const before = await read('PARENT/state');
    const fork = { parent: 'PARENT', label: 'HALF' };
    const changes = [parseStrategyChange(`bot-007=noise@${dateOf(HALF)}`)];
    const same = await drive('SAME', { fork });
    const other = await drive('OTHER', { fork, changes });

    expect(same.audit.stateHash).toBe(parent.audit.stateHash);
    expect(same.audit.version).toBe(parent.audit.version + 1);
    expect(other.audit.stateHash).not.toBe(parent.audit.stateHash);
    for (const { audit } of [parent, same, other]) expect(audit.differences).toEqual([]);
    expect(await read('PARENT/state')).toEqual(before);

    const [year, half] = (await read('OTHER/labels')).items;
    expect(year).toMatchObject({ label: '2012-01-01', timeline: 'PARENT' });
    expect(half).toMatchObject({ label: 'HALF', timeline: 'PARENT' });
    expect(await read('OTHER')).toMatchObject({ parent: 'PARENT', forkVersion: half.version });
    const again = await drive('OTHER', { fork, changes });
    expect(again.audit).toEqual(other.audit);
  },
  TIMEOUT_MS,
);
