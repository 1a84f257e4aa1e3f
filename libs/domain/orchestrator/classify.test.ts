import { describe, expect, test } from '@jest/globals';
import { classifyDomain, classifyDuration } from './classify.js';

describe('the domain', () => {
  test.each([
    ['Best picture award goes to an unknown', 'unknown'],
    ['Whether the weather holds, together with the rest', 'unknown'],
    ['War breaks out at the border', 'geopolitics'],
    ['ETH and BTC rally', 'crypto'],
    ['NATO-led troops arrive', 'geopolitics'],
    ['NATO’s summit', 'geopolitics'],
    ['A box-office record', 'entertainment'],
    ['S&P closes higher', 'finance'],
    ['Fed rates and the S&P', 'finance'],
    ['Arsenal v Chelsea: football match', 'sports'],
    ['The candidate leads in a new poll', 'politics'],
    ['', 'unknown'],
  ])('of "%s" is %s', (text, domain) => {
    expect(classifyDomain(text)).toBe(domain);
  });

  test('with equally many words is the first in the order of the table', () => {
    expect(classifyDomain('bitcoin stock')).toBe('finance');
    expect(classifyDomain('bitcoin stock token')).toBe('crypto');
  });
});

describe('the duration', () => {
  test.each([
    ['Election tonight', 0, 'macro'],
    ['Quarterly results', 0, 'macro'],
    ['Breaking: talks collapse', 0, 'micro'],
    ['Talks alive and well, delivered', 0, 'narrative'],
    ['Talks resume', 801, 'micro'],
    ['Talks resume', 800, 'narrative'],
    ['The season ends', 1_000, 'macro'],
  ])('of "%s" at %i tenths is %s', (text, tenths, duration) => {
    expect(classifyDuration(text, tenths)).toBe(duration);
  });
});
