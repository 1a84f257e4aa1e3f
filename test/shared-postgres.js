// Starts one PostgreSQL for a whole run of Jest, if any of its tests needs one, and stops it afterwards. Jest loads this
// file without compiling it, so that it is JavaScript and uses the rooms as built.
import { startThrowawayPostgres } from '#embedded-postgres';

let shared;

export default async function start() {
  shared = await startThrowawayPostgres();
  process.env.SEED_TEST_POSTGRES_URL = shared.url;
}

export async function stop() {
  await shared?.stop();
}
