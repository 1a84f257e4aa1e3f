import {
  decideAddStake,
  decideDepositFunds,
  decideRegisterAgent,
  decideTransferFunds,
  decideWithdrawFunds,
  decideWithdrawStake,
} from './agents/decide.js';
import type { Command } from './commands.js';
import type { Decision, DecisionContext } from './decision.js';
import { decideRemoveDocument, decideSaveDocument } from './documents/decide.js';
import { decideImportLegacy } from './legacy/decide.js';
import {
  decideCloseMarket,
  decideCreateMarket,
  decidePlaceBet,
  decideResolveMarket,
  decideSellShares,
  decideVoidMarket,
} from './markets/decide.js';
import { decideIngestWorldEvent } from './orchestrator/decide.js';
import { refuse } from './refusal.js';
import type { State } from './state.js';
import {
  decideAdvanceClock,
  decideArchiveTimeline,
  decideCompleteTimeline,
  decideCreateTimeline,
} from './timeline/decide.js';
import { decideRecordWorldState } from './world/decide.js';
import { decideChangeApy, decideDistributeYield, decideScheduledYield } from './yield/decide.js';

/** What a command comes to in a state: pure, total, without clock, randomness or I/O. The state is only read. */
export function decide(state: State, command: Command, context: DecisionContext): Decision {
  const { status } = state.lifecycle;
  if (status !== statusNeeded(command) && !(command.type === 'ArchiveTimeline' && status === 'completed')) {
    return refuse('timeline-not-active', `the timeline is ${status}`);
  }
  switch (command.type) {
    case 'CreateTimeline':
      return decideCreateTimeline(state, command, context);
    case 'AdvanceClock':
      return decideAdvanceClock(state, command);
    case 'CompleteTimeline':
      return decideCompleteTimeline(state, command, context);
    case 'ArchiveTimeline':
      return decideArchiveTimeline(state, context);
    case 'RegisterAgent':
      return decideRegisterAgent(state, command, context);
    case 'DepositFunds':
      return decideDepositFunds(state, command, context);
    case 'WithdrawFunds':
      return decideWithdrawFunds(state, command, context);
    case 'TransferFunds':
      return decideTransferFunds(state, command, context);
    case 'AddStake':
      return decideAddStake(state, command, context);
    case 'WithdrawStake':
      return decideWithdrawStake(state, command, context);
    case 'ChangeApy':
      return decideChangeApy(state, command, context);
    case 'DistributeYield':
      return decideDistributeYield(state, command, context);
    case 'PayScheduledYield':
      return decideScheduledYield(state, command, context);
    case 'CreateMarket':
      return decideCreateMarket(state, command, context);
    case 'PlaceBet':
      return decidePlaceBet(state, command, context);
    case 'SellShares':
      return decideSellShares(state, command, context);
    case 'CloseMarket':
      return decideCloseMarket(state, command, context);
    case 'ResolveMarket':
      return decideResolveMarket(state, command, context);
    case 'VoidMarket':
      return decideVoidMarket(state, command, context);
    case 'IngestWorldEvent':
      return decideIngestWorldEvent(state, command, context);
    case 'RecordWorldState':
      return decideRecordWorldState(state, command, context);
    case 'ImportLegacy':
      return decideImportLegacy(state, command, context);
    case 'SaveDocument':
      return decideSaveDocument(state, command, context);
    case 'RemoveDocument':
      return decideRemoveDocument(state, command, context);
  }
}

const statusNeeded = ({ type }: Command): 'absent' | 'active' => (type === 'CreateTimeline' ? 'absent' : 'active');
