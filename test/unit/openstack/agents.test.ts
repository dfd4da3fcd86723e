import { describe, expect, it } from 'vitest';
import { agentsByHost, type HostAgent } from '../../../src/openstack/agents.ts';

const agent = (program: string, limits: boolean, isAlive: boolean, at = '10:00:00'): HostAgent => ({
  ...{ host: 'cmp-001', program, hasQos: limits, limits, isAlive },
  heardAt: `2026-11-26 ${at}`,
});

describe('agentsByHost', () => {
  it.each([
    ['one that limits, of two that are alive', [agent('a', false, true), agent('b', true, true)], 'b'],
    ['no other than one that is alive', [agent('gone', true, false), agent('here', false, true)], 'here'],
    [
      'the one heard of last, where none is alive',
      [agent('gone', true, false, '08:00:00'), agent('late', false, false)],
      'late',
    ],
    ['one that is not alive, where it is the only one', [agent('late', true, false)], 'late'],
  ])('counts %s', (_, agents, expected) => {
    for (const all of [agents, agents.toReversed()])
      expect(agentsByHost(all).get('cmp-001')?.program).toBe(expected);
  });

  it('tells hosts apart', () => {
    const all = agentsByHost([agent('a', true, true), { ...agent('b', true, true), host: 'cmp-002' }]);
    expect([...all].map(([host, { program }]) => [host, program])).toEqual([
      ['cmp-001', 'a'],
      ['cmp-002', 'b'],
    ]);
  });
});
