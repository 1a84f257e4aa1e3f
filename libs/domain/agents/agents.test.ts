import { expect, test } from '@jest/globals';
import { agentWith, given, timelineCreated } from '../testing/specification.js';
import { micro, toText, type AgentId } from '../units.js';

const ana = 'ana' as AgentId;
const ben = 'ben' as AgentId;
const units = (count: number) => micro(BigInt(count) * 1_000_000n);
const text = (count: number) => toText(units(count));

const withAna = () => given(timelineCreated(), ...agentWith('ana', units(100)));
const withBoth = () => given(timelineCreated(), ...agentWith('ana', units(100)), ...agentWith('ben', units(5)));

test('an agent is registered with a first deposit from issuance', () => {
  const { state } = given(timelineCreated())
    .when({ type: 'RegisterAgent', agentId: ana, deposit: units(7) })
    .thenEvents(
      { type: 'AgentRegistered', data: { agentId: ana, name: 'ana' } },
      { type: 'FundsDeposited', data: { agentId: ana, amount: text(7) } },
    );
  expect(state.agents.get(ana)?.available).toBe(units(7));
  expect(state.ledger.issuance).toBe(-7_000_000n);
});

test('an agent may have a name and no money', () => {
  given(timelineCreated())
    .when({ type: 'RegisterAgent', agentId: ana, name: 'Ana' })
    .thenEvents({ type: 'AgentRegistered', data: { agentId: ana, name: 'Ana' } });
});

test('an agent id is never registered twice', () => {
  withAna().when({ type: 'RegisterAgent', agentId: ana }).thenRefused('agent-exists');
});

test('a withdrawal takes no more than is available', () => {
  withAna()
    .when({ type: 'WithdrawFunds', agentId: ana, amount: micro(100_000_001n) })
    .thenRefused('insufficient-funds');
  const { state } = withAna()
    .when({ type: 'WithdrawFunds', agentId: ana, amount: units(100) })
    .thenEvents({ type: 'FundsWithdrawn', data: { agentId: ana, amount: text(100) } });
  expect(state.ledger.issuance).toBe(0n);
});

test('a refusal says what is there and what was asked', () => {
  const { decision } = withAna().when({ type: 'WithdrawFunds', agentId: ana, amount: units(101) });
  expect(decision).toMatchObject({ detail: 'ana has 100 available; 101 was asked' });
});

test('a transfer needs two agents that exist', () => {
  withAna()
    .when({ type: 'TransferFunds', from: ana, to: ana, amount: units(1) })
    .thenRefused('same-account');
  withAna()
    .when({ type: 'TransferFunds', from: ana, to: ben, amount: units(1) })
    .thenRefused('agent-unknown');
  withAna()
    .when({ type: 'TransferFunds', from: ben, to: ana, amount: units(1) })
    .thenRefused('agent-unknown');
});

test('a transfer moves money and makes none', () => {
  const { state } = withBoth()
    .when({ type: 'TransferFunds', from: ana, to: ben, amount: units(40) })
    .thenEvents({ type: 'FundsTransferred', data: { from: ana, to: ben, amount: text(40) } });
  expect(state.agents.get(ana)?.available).toBe(units(60));
  expect(state.agents.get(ben)?.available).toBe(units(45));
  expect(state.ledger.issuance).toBe(-105_000_000n);
});

test('a stake comes out of what is available and goes back there', () => {
  const added = withAna().when({ type: 'AddStake', agentId: ana, amount: units(60) });
  added.thenEvents({ type: 'StakeAdded', data: { agentId: ana, amount: text(60) } });
  expect(added.state.agents.get(ana)).toMatchObject({ available: units(40), staked: units(60) });
  expect(added.state.yieldAccount).toMatchObject({ totalStaked: units(60), stakers: 1 });
  withAna()
    .when({ type: 'AddStake', agentId: ana, amount: units(101) })
    .thenRefused('insufficient-funds');
  withAna()
    .when({ type: 'WithdrawStake', agentId: ana, amount: units(1) })
    .thenRefused('insufficient-stake');
});

test('whoever takes out the whole stake is no staker any more', () => {
  const staked = given(timelineCreated(), ...agentWith('ana', units(100)), {
    type: 'StakeAdded',
    data: { agentId: ana, amount: text(100) },
  });
  const { state } = staked.when({ type: 'WithdrawStake', agentId: ana, amount: units(100) });
  expect(state.yieldAccount).toMatchObject({ totalStaked: 0n, stakers: 0 });
});

test.each(['DepositFunds', 'WithdrawFunds', 'AddStake', 'WithdrawStake'] as const)('%s needs an agent', (type) => {
  given(timelineCreated())
    .when({ type, agentId: ana, amount: units(1) })
    .thenRefused('agent-unknown');
});

test('before it is created a timeline takes nothing but its creation, and that once', () => {
  given().when({ type: 'RegisterAgent', agentId: ana }).thenRefused('timeline-not-active');
  given(timelineCreated()).when({ type: 'CreateTimeline', clock: 'virtual' }).thenRefused('timeline-not-active');
});

test('an account that would fall below 0 is a fault, not a balance', () => {
  const { state } = withAna();
  expect(() =>
    given(timelineCreated(), ...agentWith('ana', units(1)), {
      type: 'FundsWithdrawn',
      data: { agentId: ana, amount: text(2) },
    }),
  ).toThrow('agent:ana:available would be -1000000 micro');
  expect(state.agents.get(ana)?.available).toBe(units(100));
});
