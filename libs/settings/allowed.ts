import { isIP } from 'node:net';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, Matches, Max, Min, ValidateBy, ValidateIf } from 'class-validator';
import { keyIdOf } from '#access';

// Each rule below is a decorator for one setting. Its message completes the sentence "PORT has to be …".

export function wholeNumber({ from, to }: { from: number; to: number }): PropertyDecorator {
  const message = `a whole number from ${from} to ${to}`;
  return all(
    Transform(({ value }: { value: unknown }) => (isDigits(value) ? Number(value) : value)),
    IsInt({ message }),
    Min(from, { message }),
    Max(to, { message }),
  );
}

export function oneOf(...values: readonly string[]): PropertyDecorator {
  return IsIn(values, { message: `one of ${values.join(', ')}` });
}

export function folder(): PropertyDecorator {
  return Matches(/^[^\0]+$/, { message: 'the path of a folder' });
}

export function address(): PropertyDecorator {
  return satisfies('an IP address or a host name', isAddress);
}

export function databaseUrl(): PropertyDecorator {
  return all(
    ValidateIf((_, value) => value !== undefined),
    satisfies('a connection string like postgresql://user:password@host:5432/database', isDatabaseUrl),
  );
}

/** What keys are stored under. A long one that anybody would type is as good as none. */
export function serverSecret(): PropertyDecorator {
  return optional('at least 32 bytes that nobody can guess, such as `openssl rand -base64 32` gives', isServerSecret);
}

export function accessKey(): PropertyDecorator {
  return optional('a key as `seed keys create` prints it', (value) => isText(value) && keyIdOf(value) !== undefined);
}

/** What the command line shows to a server: a key, or a token of an issuer that the server takes. */
export function credential(): PropertyDecorator {
  return optional('a key as `seed keys create` prints it, or a JSON Web Token', isCredential);
}

export function words(): PropertyDecorator {
  return optional('a text of at most 1000 characters', (value) => isText(value) && value.length <= 1_000);
}

/** What is asked of a server that vouches for others must not be answered by somebody in between. */
export function secureUrl(): PropertyDecorator {
  return optional('a URL with https, or with http on this machine', isSecureUrl);
}

/** A list in one variable, its entries separated by commas. */
export function origins(): PropertyDecorator {
  return all(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? splitList(value) : value)),
    satisfies('a list of origins like https://example.com, separated by commas', isOriginList),
  );
}

export function networks(): PropertyDecorator {
  return all(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? splitList(value) : value)),
    satisfies('a list of IP addresses or networks like 10.0.0.0/8, separated by commas', isNetworkList),
  );
}

function satisfies(message: string, test: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name: message, validator: { validate: test, defaultMessage: () => message } });
}

function optional(message: string, test: (value: unknown) => boolean): PropertyDecorator {
  return all(
    ValidateIf((_, value) => value !== undefined),
    satisfies(message, test),
  );
}

function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

function isDigits(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value);
}

/** Whether a server may take it for a key or a token. */
export const isCredential = (value: unknown): value is string =>
  isText(value) && (keyIdOf(value) !== undefined || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value));

const isText = (value: unknown): value is string => typeof value === 'string';

const SECRET_BYTES_MIN = 32;
/** Random text of that length hardly ever has fewer; what somebody typed does. */
const SECRET_CHARACTERS_MIN = 12;
const guessableParts = /change.?me|password|secret|default|example|abcdef|123456|qwerty/i;

function isServerSecret(value: unknown): boolean {
  return (
    isText(value) &&
    Buffer.byteLength(value) >= SECRET_BYTES_MIN &&
    new Set(value).size >= SECRET_CHARACTERS_MIN &&
    !guessableParts.test(value)
  );
}

/** Whether what listens there can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isSecureUrl(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && (isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(value));
}

function isDatabaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    return false;
  }
  const { protocol, pathname, searchParams } = new URL(value);
  const isSchema = /^(?!pg_)[^\0]{1,63}$/.test(searchParams.get('schema') ?? 'public');
  return (protocol === 'postgresql:' || protocol === 'postgres:') && pathname.length > 1 && isSchema;
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isOriginList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry: string) => URL.canParse(entry) && new URL(entry).origin === entry);
}

const isNetworkList = (value: unknown): boolean => Array.isArray(value) && value.every(isNetwork);

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...more] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
