import { anyObject, instant, listOf, object, oneOf, orNull, whole, words, yesOrNo } from '../reference/schemas.js';

const firstDifferenceSchema = object({
  version: whole,
  lastAlike: whole,
  where: oneOf('snapshot', 'live'),
  detail: words,
  differences: listOf(object({ section: words, id: words, left: orNull(anyObject), right: orNull(anyObject) })),
});

export const replaySchema = object({
  id: words,
  timeline: words,
  mode: oneOf('verify', 'rebuild'),
  status: oneOf('running', 'completed', 'failed', 'cancelled'),
  to: orNull(whole),
  version: whole,
  of: orNull(whole),
  eventsPerSecond: whole,
  etaMs: orNull(whole),
  stateHash: orNull(words),
  matches: orNull(yesOrNo),
  firstDifference: orNull(firstDifferenceSchema),
  failure: orNull(object({ version: orNull(whole), reason: words })),
  owner: orNull(words),
  attempts: whole,
  createdAt: instant,
  finishedAt: orNull(instant),
});
