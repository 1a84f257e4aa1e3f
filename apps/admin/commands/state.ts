import { Option, type Command } from 'commander';
import type { AgentView, At, MarketView, StateView } from '#presentation';
import type { Desk } from '../desk/desk.js';
import { withDesk } from '../desk/open-desk.js';
import type { Answer, Session } from '../session.js';
import { deskCommand, type DeskOptions } from './options.js';
import { parseId, parseMomentText } from './parsers.js';
import { parseTimelineName } from './timeline-option.js';

interface StateOptions extends DeskOptions {
  readonly at?: string;
  readonly agent?: string;
  readonly market?: string;
  readonly full?: boolean;
}

const help = `
A time means the last event at or before it. --full prints all of the state, as JSON on one line.

Examples:
  npm run seed -- state LAB
  npm run seed -- state LAB --at 42 --agent ann
  npm run seed -- state LAB --at 2026-01-01T00:30:00Z --market rain
  npm run --silent seed -- state LAB --at 42 --full > state.json`;

export function addState(seed: Command, session: Session): void {
  const command = seed
    .command('state')
    .description(
      'Show the state of a timeline, now or then: its hash and what it comes to, one agent or market, or all',
    )
    .argument('<timeline>', 'its name', parseTimelineName)
    .addOption(new Option('--at <version|time>', 'when (default: now)').argParser(parseMomentText))
    .addOption(new Option('--agent <id>', 'one agent').conflicts(['market', 'full']).argParser(parseId))
    .addOption(new Option('--market <id>', 'one market').conflicts('full').argParser(parseId))
    .option('--full', 'all of it, as JSON');
  deskCommand(command, help).action((timeline: string, options: StateOptions) =>
    options.full === true
      ? session.print({ json: true }, () => printFull(timeline, options, session))
      : session.answer(options, () => withDesk(session, options, (desk) => show(desk, timeline, options))),
  );
}

async function printFull(timeline: string, options: StateOptions, session: Session): Promise<void> {
  await withDesk(session, options, (desk) =>
    desk.fullState(timeline, options.at ?? null, (piece) => session.write(piece)),
  );
  await session.writeLine('');
}

async function show(desk: Desk, timeline: string, options: StateOptions): Promise<Answer> {
  const { at = null, agent, market } = options;
  if (agent !== undefined) {
    const facts = await desk.agent(timeline, agent, at);
    return { facts, lines: agentLines(facts) };
  }
  if (market !== undefined) {
    const facts = await desk.market(timeline, market, at);
    return { facts, lines: marketLines(facts) };
  }
  const facts = await desk.state(timeline, at);
  return { facts, lines: stateLines(facts) };
}

const placeLine = ({ timeline, version, at }: At): string => `${timeline} at version ${version}, ${at}`;

const stateLines = (state: StateView): readonly string[] => [
  placeLine(state),
  `  state hash    ${state.stateHash}`,
  `  money supply  ${state.moneySupply}`,
  `  agents        ${state.counts.agents}`,
  `  markets       ${state.counts.markets}`,
  `  positions     ${state.counts.holdings}`,
  `  world events  ${state.counts.worldEvents}`,
  `  documents     ${state.counts.documents}`,
  `  clock         ${state.clock}${state.offsetMs === 0 ? '' : `, offset ${state.offsetMs} ms`}`,
  ...Object.entries(state.settings).map(([name, value]) => `  ${name.padEnd(13)} ${value}`),
];

const agentLines = (agent: At & AgentView): readonly string[] => [
  placeLine(agent),
  `  agent          ${agent.agentId}${agent.name === agent.agentId ? '' : `, ${agent.name}`}`,
  `  available      ${agent.available}`,
  `  staked         ${agent.staked}`,
  `  yield earned   ${agent.yieldEarned}`,
  `  yield pending  ${agent.yieldPending}`,
  ...agent.positions.map(
    ({ marketId, outcome, shares, value }) =>
      `  position       ${marketId} ${outcome}: ${shares} shares, worth ${value}`,
  ),
];

const marketLines = (market: At & MarketView): readonly string[] => [
  placeLine(market),
  `  market   ${market.marketId}, ${market.title}`,
  `  status   ${market.status}${resolutionText(market)}`,
  `  expires  ${market.expiresAt}`,
  ...market.outcomes.map(({ name, price }) => `  price    ${name} ${price}`),
  `  volume   ${market.volume}`,
  `  fees     ${market.fees}`,
  `  escrow   ${market.escrow}`,
];

function resolutionText({ resolution }: MarketView): string {
  if (resolution === null) return '';
  if (resolution.kind === 'void') return `: ${resolution.reason}`;
  return resolution.winner === null ? `: ${resolution.payout.join(' to ')}` : `: ${resolution.winner}`;
}
