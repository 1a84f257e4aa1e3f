import type { Domain, Duration } from './state.js';

const HOUR_MS = 3_600_000;

/** How long a market of each duration is open by default. */
export const DURATION_MS: Readonly<Record<Duration, number>> = {
  micro: 24 * HOUR_MS,
  narrative: 168 * HOUR_MS,
  macro: 720 * HOUR_MS,
};

/** In the order that decides between domains with equally many words. */
const DOMAIN_WORDS: readonly (readonly [Domain, ReadonlySet<string>])[] = [
  [
    'finance',
    words(
      'stock stocks share shares market markets nasdaq dow s&p earnings inflation fed rates bank banks bond bonds yields gdp recession ipo dividend trader traders treasury economy economic tariff tariffs oil gold',
    ),
  ],
  [
    'crypto',
    words(
      'bitcoin btc ethereum eth crypto cryptocurrency token tokens blockchain binance coinbase solana defi nft stablecoin altcoin dogecoin wallet',
    ),
  ],
  [
    'sports',
    words(
      'match game league cup championship football soccer basketball baseball tennis team teams player players coach goal goals season olympics nba nfl mlb nhl fifa playoff playoffs tournament',
    ),
  ],
  [
    'politics',
    words(
      'election elections president presidential candidate senate senator congress parliament vote votes voter voters campaign governor minister party poll polls bill law legislation republican democrat',
    ),
  ],
  [
    'geopolitics',
    words(
      'war wars treaty sanctions nato un military troops invasion ceasefire diplomacy diplomatic border missile missiles nuclear conflict crisis summit embassy alliance',
    ),
  ],
  [
    'entertainment',
    words(
      'movie movies film films album song music concert actor actress celebrity netflix oscar oscars grammy grammys box-office premiere trailer singer band tv series streaming',
    ),
  ],
];

const MACRO_WORDS = words(
  'election elections season seasonal quarterly quarter annual yearly championship inflation gdp legislation treaty recession',
);
const MICRO_WORDS = words('breaking tonight live today now minutes hour hours flash urgent alert');

const VIRAL_TENTHS = 800;

/** The domain with the most of its words in the text; whole words, so "award" is no war. */
export function classifyDomain(text: string): Domain {
  const found = wordsIn(text);
  let best: Domain = 'unknown';
  let most = 0;
  for (const [domain, vocabulary] of DOMAIN_WORDS) {
    const count = found.filter((word) => vocabulary.has(word)).length;
    if (count > most) {
      best = domain;
      most = count;
    }
  }
  return best;
}

export function classifyDuration(text: string, viralityTenths: number): Duration {
  const found = wordsIn(text);
  if (found.some((word) => MACRO_WORDS.has(word))) return 'macro';
  if (found.some((word) => MICRO_WORDS.has(word)) || viralityTenths > VIRAL_TENTHS) return 'micro';
  return 'narrative';
}

/** Whole words; of a joined one ("NATO-led", "box-office") the parts too. */
function wordsIn(text: string): readonly string[] {
  const joined = text.toLowerCase().match(/[\p{L}\p{N}]+(?:[&-][\p{L}\p{N}]+)*/gu) ?? [];
  return joined.flatMap((word) => (/[&-]/.test(word) ? [word, ...word.split(/[&-]/)] : [word]));
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}
