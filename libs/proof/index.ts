/** Proves that a timeline's history is what was written, and that it keeps the rules of the economy. */
export {
  VIOLATION_KINDS,
  type ExpectedHash,
  type Pace,
  type Verification,
  type VerifyOptions,
  type Violation,
  type ViolationKind,
} from './contract.js';
export { parseExpectedHash } from './expected-hash.js';
export { verifyTimeline, type ProvableLog } from './verify-timeline.js';
