import { customFetch, createRemoteJWKSet, type FetchImplementation, type JWTVerifyGetKey } from 'jose';

const TIMEOUT_MS = 3_000;
/** So long the issuer is not asked again, whether it answered or failed. */
const PAUSE_MS = 30_000;
const KEPT_MS = 600_000;
const BYTES_MAX = 262_144;

/** The issuer was not asked, because it failed a moment ago. */
class IssuerResting extends Error {
  override readonly name = 'IssuerResting';
}

/**
 * The keys that an issuer publishes, asked for when a token needs one: one request at a time, at most every 30 s, 3 s long and
 * 256 KiB large. Whoever has no key can send tokens that name unknown ones, and must not have the issuer asked for each.
 */
export function issuerKeys(jwksUrl: string, nowMs: () => number = () => performance.now()): JWTVerifyGetKey {
  let restsUntilMs = -Infinity;
  const fetchKeys: FetchImplementation = async (url, options) => {
    if (nowMs() < restsUntilMs) throw new IssuerResting('the issuer failed a moment ago');
    try {
      const response = await fetch(url, options);
      const text = await bounded(response);
      assertKeySet(text);
      return new Response(text, { status: response.status });
    } catch (error) {
      restsUntilMs = nowMs() + PAUSE_MS;
      throw error;
    }
  };
  // What is under way is waited for by all who ask, and once it came it is not asked for again before the pause is over.
  return createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: PAUSE_MS,
    cacheMaxAge: KEPT_MS,
    [customFetch]: fetchKeys,
  });
}

/** The body of a good answer. */
async function bounded(response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the issuer answers with status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`the issuer's keys have more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function assertKeySet(text: string): void {
  const { keys } = (JSON.parse(text) ?? {}) as { readonly keys?: unknown };
  const isKeySet = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
  if (!isKeySet) throw new Error('the issuer answers with something that is no set of keys');
}
