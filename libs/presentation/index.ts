/** How clients see the economy: timelines, events, states and comparisons as JSON in HTTP units, and problems as sentences. */
export { accessKeyView, auditView, type AccessKeyView, type AuditView } from './access.js';
export { agentView, balancesView, type AgentView, type BalancesView } from './agent.js';
export { comparisonView, type ComparisonView, type DifferenceView } from './comparison.js';
export { decodeCompareCursor, type CompareCursor } from './comparison-cursor.js';
export { amountOf, formatPpm, formatTenths, millionthsOf, ppmOf, tenthsOf } from './decimals.js';
export { documentView, type DocumentView } from './document.js';
export { eventPage, type EventPage } from './event-page.js';
export { presentEvent, presentFact, type OutcomeName, type PresentedEvent, type PresentedFact } from './events.js';
export { isCleanText, isExactJson, JSON_DEPTH_MAX, JSON_TEXT_MAX } from './exact-json.js';
export { lineageView, type LineageView } from './lineage.js';
export { marketView, type MarketView } from './market.js';
export { parseMoment } from './moment.js';
export { isName, lookDifferent, NAME_WORDS } from './names.js';
export { OutcomeNames } from './outcome-names.js';
export { decodeCursor, encodeCursor, type Page } from './pages.js';
export { pastAgentView, pastMarketView, type At } from './past-row.js';
export {
  accessKeyProblem,
  forkProblem,
  labelProblem,
  masterProblem,
  outcomeProblem,
  removalProblem,
  replayProblem,
  type Problem,
} from './problems.js';
export { presentRecord } from './records.js';
export { replayView, type ReplayView } from './replay.js';
export { archivingReceipt, completionReceipt, forkReply, type CommandReply } from './replies.js';
export { sortedJson, sortedJsonPieces } from './sorted-json.js';
export { fullStateText, stateView, type StateView } from './state.js';
export { formatTime, parseTime } from './time.js';
export {
  MASTER,
  snapshotView,
  timelineEntryView,
  timelineView,
  type SnapshotView,
  type TimelineEntryView,
  type TimelineStatus,
  type TimelineView,
} from './timeline.js';
export { worldEventView, worldView, type WorldEventView, type WorldView } from './world.js';
export { yieldView, type YieldView } from './yield.js';
