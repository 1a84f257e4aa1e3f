import { accept, at, type Decided, type Decision, type DecisionContext } from '../decision.js';
import { DEFAULT_OUTCOMES } from '../markets/defaults.js';
import type { MarketCreated } from '../markets/events.js';
import { refuse, type RefusalCode } from '../refusal.js';
import type { State } from '../state.js';
import { TIME_MAX_MS, toText, type MarketId } from '../units.js';
import { classifyDomain, classifyDuration, DURATION_MS } from './classify.js';
import type { IngestWorldEvent } from './commands.js';
import type { WorldEventIngested } from './events.js';
import type { Reaction, WorldEvent } from './state.js';
import { VIRALITY_RULE, viralityTenths } from './virality.js';

export function decideIngestWorldEvent(state: State, command: IngestWorldEvent, { nowMs }: DecisionContext): Decision {
  const known = state.worldEvents.get(command.eventId);
  if (known !== undefined) return again(known, command);
  const event = scored(state, command, nowMs);
  const ingested: Decided = at(nowMs, { type: 'WorldEventIngested', data: event });
  if (event.marketId === null) return accept(ingested);
  return accept(ingested, at(nowMs, automaticMarket(state, { event, marketId: event.marketId, nowMs })));
}

function scored(state: State, command: IngestWorldEvent, nowMs: number): WorldEventIngested['data'] {
  const { eventId, title, description, source, url, publishedAtMs, inputs } = command;
  const text = `${title} ${description}`;
  const ageMs = Math.max(0, nowMs - (publishedAtMs ?? nowMs));
  const virality = viralityTenths(inputs, ageMs);
  const domain = command.domain ?? classifyDomain(text);
  const duration = command.duration ?? classifyDuration(text, virality);
  const reaction = reactionTo(state, virality);
  const marketId = `MKT_${eventId}_${duration}` as MarketId;
  const marketRefused = reaction === 'market' ? obstacleTo(state, { marketId, nowMs }) : null;
  return {
    eventId,
    title,
    description,
    source,
    url,
    publishedAtMs,
    inputs,
    domain,
    duration,
    givenDomain: command.domain ?? null,
    givenDuration: command.duration ?? null,
    viralityTenths: virality,
    rule: VIRALITY_RULE,
    reaction,
    marketId: reaction === 'market' && marketRefused === null ? marketId : null,
    marketRefused,
  };
}

/** Why the event opens no market of its own though it would: the event itself is ingested all the same. */
function obstacleTo(
  state: State,
  { marketId, nowMs }: { readonly marketId: MarketId; readonly nowMs: number },
): RefusalCode | null {
  if (state.markets.has(marketId)) return 'market-id-taken';
  return nowMs >= TIME_MAX_MS ? 'expiry-not-in-future' : null;
}

function reactionTo({ settings }: State, tenths: number): Reaction {
  if (tenths >= settings.autoMarketAtTenths) return 'market';
  return tenths >= settings.reactAtTenths ? 'react' : 'noise';
}

function automaticMarket(
  state: State,
  { event, marketId, nowMs }: { event: WorldEventIngested['data']; marketId: MarketId; nowMs: number },
): MarketCreated {
  const { eventId, title, description, domain, duration, viralityTenths: virality } = event;
  return {
    type: 'MarketCreated',
    data: {
      marketId,
      eventId,
      title,
      description,
      domain,
      duration,
      outcomes: DEFAULT_OUTCOMES,
      mechanism: 'fixed-product',
      liquidity: toText(state.settings.liquidity),
      feeBps: state.settings.feeBps,
      expiresAtMs: Math.min(nowMs + DURATION_MS[duration], TIME_MAX_MS),
      viralityTenths: virality,
      automatic: true,
    },
  };
}

/** The same content is answered as the first time; an id is never re-used for another. */
function again(known: WorldEvent, command: IngestWorldEvent): Decision {
  const same =
    known.title === command.title &&
    known.description === command.description &&
    known.source === command.source &&
    known.url === command.url &&
    known.publishedAtMs === command.publishedAtMs &&
    known.givenDomain === (command.domain ?? null) &&
    known.givenDuration === (command.duration ?? null) &&
    known.inputs.sentiment === command.inputs.sentiment &&
    known.inputs.socialVolume === command.inputs.socialVolume &&
    known.inputs.newsVelocity === command.inputs.newsVelocity &&
    known.inputs.assetVolatility === command.inputs.assetVolatility;
  if (!same) return refuse('event-id-taken', `event id ${command.eventId} was ingested with other content`);
  const lastVersion = known.marketId === null ? known.version : known.version + 1;
  return { kind: 'repeated', firstVersion: known.version, lastVersion };
}
