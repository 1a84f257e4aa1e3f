import { formatPpm, ppmOf } from '#presentation';
import { commandKind, dataOf } from '../commands/command-kind.js';
import { Required } from '../fields/field.js';
import { apy } from '../fields/rules.js';
import { decimal, instant, object, orNull } from '../reference/schemas.js';

class ChangeApy {
  @Required(apy)
  readonly apy!: string;
}

class DistributeYield {}

export const yieldCommands = {
  ChangeApy: commandKind({
    dto: ChangeApy,
    toCommand: (values) => ({ type: 'ChangeApy', apyPpm: ppmOf(values.apy) }),
    result: object({ apy: decimal }),
    receipt: (_events, { apyPpm }) => ({ apy: formatPpm(apyPpm) }),
  }),
  DistributeYield: commandKind({
    dto: DistributeYield,
    toCommand: () => ({ type: 'DistributeYield' }),
    result: object({ through: orNull(instant), total: decimal }),
    receipt: (events) => {
      const distributed = dataOf(events, 'YieldDistributed');
      return { through: distributed?.['through'] ?? null, total: distributed?.['total'] ?? '0' };
    },
  }),
};
