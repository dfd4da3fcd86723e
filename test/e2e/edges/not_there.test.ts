import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Simulated, simulate, virtune } from '../lab.ts';

/** Commands about a VM, or a part of one, that is not there: `set` and `explain` say so in the same words. */

let sim: Simulated;
beforeAll(async () => {
  sim = await simulate(['a']);
});
afterAll(() => sim.close());

it.each([
  ['another VM', 'sin', '1', 'error: a has no VM "sin"\n  hint: did you mean "sim"?\n'],
  ['a VM like none', 'web-01', 'all', 'error: a has no VM "web-01"\n  hint: virtune show a lists its VMs\n'],
  ['another NIC', 'sim', '2', 'error: the VM "sim" has no NIC 2\n  hint: it has 1 NIC: nic 1\n'],
])('%s', async (_what, domain, nic, said) => {
  const inventory = ['-i', sim.inventory];
  const set = await virtune(['set', 'a', domain, '--nic', nic, '--rate', '10MB/s', ...inventory]);
  expect([set.code, set.stderr]).toEqual([1, said]);
  // Nothing is in order, and nothing is counted.
  expect(set.stdout).toBe(`PLAY set ${domain} on a: 1 host\n\n`);
  const explained = await virtune(['explain', 'a', domain, '--nic', nic, ...inventory]);
  expect([explained.code, explained.stderr]).toEqual([1, said]);
  expect(sim.limits('a')).toBeNull();
});
