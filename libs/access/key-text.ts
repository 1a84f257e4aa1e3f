import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

// A key is `seed_`, 12 characters of id, `_`, 43 of secret and 6 of checksum: letters and digits alone, so that a double
// click takes all of it, and a checksum, so that a scanner for lost secrets can tell one from any other text.

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 62^43 is above 2^256. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SECRET_BYTES = 32;
/** Of a random id: no two keys are ever given the same. */
const ID_BYTES = 8;

const KEY = new RegExp(
  `^seed_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}}([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

/** Keeps what an HMAC says of a key apart from anything else that the same secret may sign one day. */
const PURPOSE = 'seed access key 1\n';

/** A new access key. Its text is for its holder alone; whoever stores it keeps the HMAC. */
export interface MintedKey {
  readonly keyId: string;
  readonly text: string;
}

/** Makes an access key of 256 random bits. */
export function mintKey(): MintedKey {
  const keyId = base62(randomBytes(ID_BYTES), ID_LENGTH);
  const unchecked = `seed_${keyId}_${base62(randomBytes(SECRET_BYTES), SECRET_LENGTH)}`;
  return { keyId, text: unchecked + checksum(unchecked) };
}

/** The id in the text of a key; undefined for text that `mintKey` never made. */
export function keyIdOf(text: string): string | undefined {
  const [, keyId, sum] = KEY.exec(text) ?? [];
  return sum === checksum(text.slice(0, -CHECKSUM_LENGTH)) ? keyId : undefined;
}

/** What is stored of a key: HMAC-SHA-256 of its text with the server's secret. */
export const keyHmac = (secret: string, text: string): Buffer =>
  createHmac('sha256', secret).update(PURPOSE).update(text).digest();

/** Takes as long for a wrong HMAC as for the right one. */
export const isSameHmac = (left: Buffer, right: Buffer): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

/** A number as so many digits, the highest first. */
function base62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let digits = '';
  for (let i = 0; i < length; i += 1) {
    digits = (ALPHABET[Number(rest % 62n)] ?? '') + digits;
    rest /= 62n;
  }
  return digits;
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, CHECKSUM_LENGTH);
}
