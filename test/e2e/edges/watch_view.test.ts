import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { simulate, write } from '../lab.ts';
import { startInTerminal } from './terminal.ts';

it('watch tells at the foot of a terminal how the fleet is, and takes that away when it ends', async () => {
  const sim = await simulate(['a', 'b']);
  const { playbook } = write({ rules: [{ domain: 'sim', inbound: 100 }] }, { hosts: 'all' });
  const { shown, type, hangUp } = startInTerminal(['watch', playbook, '-i', sim.inventory]);
  const until = async (holds: () => boolean) => {
    while (!holds()) await sleep(20);
  };
  await until(() => shown().includes('2 of 2 hosts watched\r\n2 changed'));
  // What was said stands above, and nothing of it was drawn over.
  for (const host of ['a', 'b']) {
    expect(shown()).toContain(`${host}: watched\r\n`);
    expect(shown()).toContain(`${host}: changed (1 NIC changed)`);
    expect(sim.limits(host)).not.toBeNull();
  }
  type('\u0003');
  const last = () => shown().split('Stopping')[1] ?? '';
  // As the last thing that it writes.
  await until(() => last().endsWith('\r\u001b[J'));
  hangUp();
  await sim.close();
});
