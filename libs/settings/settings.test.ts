import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { loadSettings, readSettings, Settings, SettingsError, variableOf } from './index.js';

const production = { ENVIRONMENT: 'production', DATA_DIR: '/srv/seed' };

function refusalOf(environment: Record<string, string>): string {
  try {
    loadSettings(environment);
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

  test('has to be told where its data is', () => {
    expect(refusalOf({ ENVIRONMENT: 'production' })).toMatch(/Neither DATABASE_URL nor DATA_DIR/);
  });

  test('refuses a moved clock', () => {
    expect(refusalOf({ ...production, CLOCK_OFFSET_MS: '1' })).toMatch(/CLOCK_OFFSET_MS .* 0 in production/);
  });

  test.each(['change-me', 'postgres', 'Seed', 'u'])('refuses the password %s', (password) => {
    const url = `postgresql://u:${password}@db/seed`;
    expect(refusalOf({ ENVIRONMENT: 'production', DATABASE_URL: url })).toMatch(/password in DATABASE_URL/);
    expect(loadSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
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
