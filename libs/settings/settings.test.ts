import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mintKey } from '#access';
import {
  dataDirOf,
  envFileWarnings,
  loadSettings,
  readSettings,
  refuseOpenDoor,
  settingOrigins,
  Settings,
  SettingsError,
  variableOf,
} from './index.js';

/** As `openssl rand -base64 32` gave it. */
const ACCESS_SECRET = 'q0Yk9f3mXb7dT1sVhLw2Zc8RnJ5uPgE4aKoQxHiMtD0=';
const production = { ENVIRONMENT: 'production', DATA_DIR: '/srv/seed', ACCESS_SECRET };

function refusalOf(environment: Record<string, string>): string {
  try {
    refuseOpenDoor(loadSettings(environment));
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error('Nothing was refused.');
}

describe('a value', () => {
  test('that is absent or empty has its default', () => {
    expect(loadSettings({})).toEqual(new Settings());
    expect(loadSettings({ PORT: '', CORS_ORIGINS: ' ' })).toEqual(new Settings());
  });

  test('is read in the type of its setting', () => {
    const settings = loadSettings({
      PORT: '9000',
      LOG_LEVEL: 'debug',
      CLOCK_OFFSET_MS: '-3600000',
      CORS_ORIGINS: 'https://a.example, http://localhost:3000',
      DATABASE_URL: 'postgresql://u:p@db/seed',
    });
    expect(settings).toMatchObject({
      port: 9000,
      logLevel: 'debug',
      clockOffsetMs: -3_600_000,
      corsOrigins: ['https://a.example', 'http://localhost:3000'],
      databaseUrl: 'postgresql://u:p@db/seed',
    });
  });

  test('cannot be changed afterwards', () => {
    const settings = loadSettings({});
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.corsOrigins)).toBe(true);
  });
});

describe('a bad value is refused in one sentence with its name, what was given and what is allowed', () => {
  test.each([
    [{ PORT: 'http' }, 'PORT is "http", and has to be a whole number from 0 to 65535.'],
    [{ PORT: '65536' }, 'PORT is "65536", and has to be a whole number from 0 to 65535.'],
    [{ PORT: '1e3' }, 'PORT is "1e3", and has to be a whole number from 0 to 65535.'],
    [{ PORT: '80.5' }, 'PORT is "80.5", and has to be a whole number from 0 to 65535.'],
    [{ WORKERS: '0' }, 'WORKERS is "0", and has to be a whole number from 1 to 64.'],
    [{ ENVIRONMENT: 'prod' }, 'ENVIRONMENT is "prod", and has to be one of development, production.'],
    [{ HOST: 'a b' }, 'HOST is "a b", and has to be an IP address or a host name.'],
    [
      { CORS_ORIGINS: 'https://a.example/path' },
      'CORS_ORIGINS is "https://a.example/path", and has to be a list of origins like https://example.com, separated by commas.',
    ],
    [
      { DATABASE_ADMIN_URL: 'postgresql://u:p@db/seed' },
      'DATABASE_ADMIN_URL is given without DATABASE_URL, and has to be absent without it.',
    ],
  ])('%j', (environment, sentence) => {
    expect(refusalOf(environment as Record<string, string>)).toBe(sentence);
  });

  test('of a connection string never shows it, since it may hold a password', () => {
    const sentence = refusalOf({ DATABASE_URL: 'mysql://u:hunter2@db/seed' });
    expect(sentence).toMatch(/^DATABASE_URL is .* has to be a connection string/);
    expect(sentence).not.toContain('hunter2');
  });
});

describe('production', () => {
  test('listens on every address unless told otherwise', () => {
    expect(loadSettings(production).host).toBe('0.0.0.0');
    expect(loadSettings({ ...production, HOST: '127.0.0.1' }).host).toBe('127.0.0.1');
  });

  test('gives notice before it stops unless told otherwise', () => {
    expect(loadSettings(production).shutdownNoticeSeconds).toBe(5);
    expect(loadSettings({ ...production, SHUTDOWN_NOTICE_SECONDS: '0' }).shutdownNoticeSeconds).toBe(0);
    expect(loadSettings({}).shutdownNoticeSeconds).toBe(0);
  });

  test('has to be told where its data is', () => {
    const settings = loadSettings({ ENVIRONMENT: 'production', ACCESS_SECRET });
    expect(() => dataDirOf(settings)).toThrow(/^Neither DATABASE_URL nor DATA_DIR is given/);
    expect(dataDirOf(loadSettings({ ...production, DATA_DIR: '/app/data' }))).toBe('/app/data');
    expect(dataDirOf(loadSettings({}))).toBe('./data');
  });

  test('refuses a moved clock', () => {
    expect(refusalOf({ ...production, CLOCK_OFFSET_MS: '1' })).toMatch(/CLOCK_OFFSET_MS .* 0 in production/);
  });

  test.each(['change-me', 'postgres', 'Seed', 'u'])('refuses the password %s', (password) => {
    const url = `postgresql://u:${password}@db/seed`;
    expect(refusalOf({ ENVIRONMENT: 'production', DATABASE_URL: url, ACCESS_SECRET })).toMatch(
      /password in DATABASE_URL/,
    );
    expect(loadSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });
});

describe('without ACCESS_SECRET', () => {
  test.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('HOST %s is listened on in development', (host) => {
    expect(() => refuseOpenDoor(loadSettings({ HOST: host }))).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '10.0.0.7', 'seed.example', '127.example.com', 'localhost.example'])(
    'HOST %s is refused, and the sentence says what to do',
    (host) => {
      const sentence = refusalOf({ HOST: host });
      expect(sentence).toMatch(
        /^ACCESS_SECRET is not given, and on HOST .* `openssl rand -base64 32` .* `seed keys create/,
      );
    },
  );

  test('production is refused, on loopback too', () => {
    const sentence = refusalOf({ ENVIRONMENT: 'production', DATA_DIR: '/srv/seed', HOST: '127.0.0.1' });
    expect(sentence).toMatch(/^ACCESS_SECRET is not given, and in production .* `seed keys create/);
  });

  test('whoever only asks a server needs none', () => {
    expect(loadSettings({ ENVIRONMENT: 'production', DATA_DIR: '/srv/seed' }).accessSecret).toBeUndefined();
  });

  test('neither an admin’s key nor an issuer is taken', () => {
    const { text } = mintKey();
    expect(refusalOf({ ADMIN_KEY: text })).toMatch(/^ADMIN_KEY is given without ACCESS_SECRET/);
    const jwt = { JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS_URL: 'https://issuer.example/jwks' };
    expect(refusalOf(jwt)).toMatch(/^JWT_ISSUER is given without ACCESS_SECRET/);
  });
});

describe('ACCESS_SECRET', () => {
  test.each([
    ['short', 'q0Yk9f3mXb7dT1sVhLw2Zc8'],
    ['monotonous', 'abababababababababababababababababab'],
    ['an example', 'change-me-change-me-please-1f0x8b2k7'],
    ['a word', 'my-very-long-Password-of-2026-xyzzy!'],
    ['a row of keys', 'qwertyuiop1234567890asdfghjklzxcvbnm'],
  ])('that is %s is refused and not shown', (_, secret) => {
    const sentence = refusalOf({ ACCESS_SECRET: secret });
    expect(sentence).toMatch(/^ACCESS_SECRET is .* has to be at least 32 bytes that nobody can guess/);
    expect(sentence).not.toContain(secret);
  });

  test('that is random is taken', () => {
    for (let i = 0; i < 200; i += 1) {
      const secret = randomBytes(32).toString('base64');
      expect(loadSettings({ HOST: '0.0.0.0', ACCESS_SECRET: secret }).accessSecret).toBe(secret);
    }
  });
});

test('a key that is mistyped is refused and not shown', () => {
  const { text } = mintKey();
  const mistyped = `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  for (const variable of ['ADMIN_KEY', 'SEED_KEY']) {
    const sentence = refusalOf({ ACCESS_SECRET, [variable]: mistyped });
    expect(sentence).toMatch(new RegExp(`^${variable} is given as something else, and has to be a key`));
    expect(sentence).not.toContain(mistyped);
  }
});

describe('an issuer of tokens', () => {
  const jwt = { ACCESS_SECRET, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS_URL: 'https://issuer.example/jwks' };

  test.each(['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_JWKS_URL'])('needs %s', (variable) => {
    expect(loadSettings(jwt).jwtIssuer).toBe('i');
    expect(refusalOf({ ...jwt, [variable]: '' })).toMatch(/have to be given together/);
  });

  test('is asked over https, or on this machine', () => {
    expect(refusalOf({ ...jwt, JWT_JWKS_URL: 'http://issuer.example/jwks' })).toMatch(/^JWT_JWKS_URL/);
    expect(loadSettings({ ...jwt, JWT_JWKS_URL: 'http://127.0.0.1:9/jwks' }).jwtJwksUrl).toBe(
      'http://127.0.0.1:9/jwks',
    );
  });
});

test('.env.example lists every variable with its default', () => {
  const listed = parseEnv(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'));
  expect(Object.keys(listed).sort()).toEqual(Object.keys(new Settings()).map(variableOf).sort());
  expect(loadSettings(listed)).toEqual(new Settings());
});

test('the environment wins over the file .env', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seed-settings-'));
  const before = process.env['SNAPSHOT_KEEP'];
  try {
    writeFileSync(join(folder, '.env'), 'SNAPSHOT_KEEP=7\nSTREAMS_MAX=20\n');
    process.env['SNAPSHOT_KEEP'] = '9';
    expect(readSettings(folder)).toMatchObject({ snapshotKeep: 9, streamsMax: 20 });
  } finally {
    if (before === undefined) {
      delete process.env['SNAPSHOT_KEEP'];
    } else {
      process.env['SNAPSHOT_KEEP'] = before;
    }
    rmSync(folder, { recursive: true });
  }
});

describe('the file .env', () => {
  let folder: string;
  const write = (content: string | Buffer): void => {
    writeFileSync(join(folder, '.env'), content);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seed-settings-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('may begin with a byte-order mark', () => {
    write('\uFEFFSTREAMS_MAX=20\r\nTICK_SECONDS=7\r\n');
    expect(readSettings(folder)).toMatchObject({ streamsMax: 20, tickSeconds: 7 });
  });

  test.each([
    ['UTF-16', Buffer.from('\uFEFFSTREAMS_MAX=20\n', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('STREAMS_MAX=20\n', 'utf16le')],
    ['Latin-1', Buffer.from('# für mich\nSTREAMS_MAX=20\n', 'latin1')],
  ])('in %s is refused', (_encoding, content) => {
    write(content);
    expect(() => readSettings(folder)).toThrow(
      `${join(folder, '.env')} is no text of UTF-8, and has to be: save it again as UTF-8.`,
    );
  });

  test('that sets what is no setting is told of, with what may be meant', () => {
    write('PORTT=9000\nport=9000\nSEED_URL=http://127.0.0.1:9\nPOSTGRES_PASSWORD=x\nSTREAMS_MAX=20\n');
    expect(envFileWarnings(folder)).toEqual([
      'The file .env sets PORTT, which is no setting and has no effect: perhaps PORT is meant.',
      'The file .env sets POSTGRES_PASSWORD, which is no setting and has no effect.',
      'The file .env sets port, which is no setting and has no effect: perhaps PORT is meant.',
    ]);
  });

  test('is told apart from the environment and from defaults, and secrets are not shown', () => {
    write(`PORT=9000\nACCESS_SECRET=${ACCESS_SECRET}\nSTREAMS_MAX=20\n`);
    const origins = settingOrigins(folder, { STREAMS_MAX: '30', DATABASE_URL: 'postgresql://u:p@db/seed' });
    const told = origins.filter(({ from }) => from !== 'default');
    expect(told).toEqual([
      { variable: 'PORT', from: '.env', value: '9000' },
      { variable: 'DATABASE_URL', from: 'environment', value: null },
      { variable: 'STREAMS_MAX', from: 'environment', value: '30' },
      { variable: 'ACCESS_SECRET', from: '.env', value: null },
    ]);
    expect(origins).toHaveLength(Object.keys(new Settings()).length);
  });
});
