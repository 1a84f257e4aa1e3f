import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { isLoopback } from './allowed.js';
import { isSecret, readEnvFile } from './env-file.js';
import { SettingsError } from './failure.js';
import { Settings, variableOf } from './settings.js';

/** Variables as the process has them, or as a test gives them. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Passwords from examples and tutorials, which anybody would try. */
const guessablePasswords = new Set(['change-me', 'changeme', 'password', 'postgres', 'secret', 'seed', 'admin']);

/**
 * The settings of this process: its environment over the file `.env` of the project's folder, where there is one.
 *
 * @throws SettingsError
 */
export function readSettings(projectFolder: string): Settings {
  return loadSettings({ ...readEnvFile(projectFolder), ...process.env });
}

/**
 * Validates an environment into frozen settings. A variable that is absent or empty has its default.
 *
 * @throws SettingsError
 */
export function loadSettings(environment: Environment): Settings {
  const given = pickGiven(environment);
  if (given['environment'] === 'production') {
    given['host'] ??= '0.0.0.0';
    given['shutdownNoticeSeconds'] ??= '5';
  }
  const settings = plainToInstance(Settings, given);
  const [first] = validateSync(settings, { stopAtFirstError: true });
  if (first !== undefined) {
    const allowed = Object.values(first.constraints ?? {}).join(', ');
    throw new SettingsError(`${described(first.property, given)}, and has to be ${allowed}.`);
  }
  refuseContradictions(settings);
  if (settings.environment === 'production') {
    refuseUnsafe(settings);
    if (given['dataDir'] === undefined) Object.assign(settings, { dataDir: undefined });
  }
  Object.freeze(settings.corsOrigins);
  Object.freeze(settings.trustedProxies);
  return Object.freeze(settings);
}

function pickGiven(environment: Environment): Record<string, string> {
  const given: Record<string, string> = {};
  for (const setting of Object.keys(new Settings())) {
    const value = environment[variableOf(setting)]?.trim();
    if (value !== undefined && value !== '') {
      given[setting] = value;
    }
  }
  return given;
}

/** A connection string may hold a password, and a sentence about it ends up in logs. */
function described(setting: string, given: Readonly<Record<string, string>>): string {
  const shown = isSecret(setting) ? 'given as something else' : `"${given[setting] ?? ''}"`;
  return `${variableOf(setting)} is ${shown}`;
}

function refuseContradictions(settings: Settings): void {
  const { databaseUrl, databaseAdminUrl } = settings;
  if (databaseAdminUrl !== undefined && databaseUrl === undefined) {
    throw new SettingsError('DATABASE_ADMIN_URL is given without DATABASE_URL, and has to be absent without it.');
  }
  if (
    databaseUrl !== undefined &&
    databaseAdminUrl !== undefined &&
    schemaIn(databaseUrl) !== schemaIn(databaseAdminUrl)
  ) {
    throw new SettingsError('DATABASE_ADMIN_URL names another schema than DATABASE_URL, and has to name the same.');
  }
  const tokens = (['jwtIssuer', 'jwtAudience', 'jwtJwksUrl'] as const).map((setting) => settings[setting]);
  if (tokens.includes(undefined) && tokens.some((value) => value !== undefined)) {
    throw new SettingsError('JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL have to be given together, or not at all.');
  }
  for (const setting of ['adminKey', 'jwtIssuer'] as const) {
    if (settings[setting] === undefined || settings.accessSecret !== undefined) continue;
    throw new SettingsError(`${variableOf(setting)} is given without ACCESS_SECRET, and has to be absent without it.`);
  }
}

const schemaIn = (url: string): string => new URL(url).searchParams.get('schema') ?? 'public';

/**
 * Whether a server may listen with these settings: without keys everybody may do everything, so nobody but this machine may
 * reach it. Whoever only asks a server needs no secret.
 *
 * @throws SettingsError
 */
export function refuseOpenDoor({ environment, host, accessSecret }: Settings): void {
  if (accessSecret !== undefined || (environment === 'development' && isLoopback(host))) return;
  const why = environment === 'production' ? 'in production' : `on HOST ${host}, which others can reach,`;
  throw new SettingsError(
    `ACCESS_SECRET is not given, and ${why} nobody is served without an access key: ` +
      'set it to what `openssl rand -base64 32` prints, then make a key with `seed keys create NAME --role admin`.',
  );
}

/**
 * The folder of the embedded PostgreSQL, for whoever needs a database and was given no DATABASE_URL. Whoever only asks a server
 * needs neither.
 *
 * @throws SettingsError
 */
export function dataDirOf({ dataDir }: Settings): string {
  if (dataDir !== undefined) return dataDir;
  throw new SettingsError(
    'Neither DATABASE_URL nor DATA_DIR is given, and production has to be told where its data is.',
  );
}

function refuseUnsafe(settings: Settings): void {
  if (settings.clockOffsetMs !== 0) {
    throw new SettingsError(`CLOCK_OFFSET_MS is "${settings.clockOffsetMs}", and has to be 0 in production.`);
  }
  refuseGuessablePassword('databaseUrl', settings.databaseUrl);
  refuseGuessablePassword('databaseAdminUrl', settings.databaseAdminUrl);
}

/** No password at all is left to the server: it may know this client by a certificate or by its socket. */
function refuseGuessablePassword(setting: string, url: string | undefined): void {
  if (url === undefined) {
    return;
  }
  const { username, password } = new URL(url);
  const guessable = password !== '' && (guessablePasswords.has(password.toLowerCase()) || password === username);
  if (guessable) {
    throw new SettingsError(
      `The password in ${variableOf(setting)} is one that anybody would guess, and has to be a secret in production.`,
    );
  }
}
