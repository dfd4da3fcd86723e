import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type AnsibleAnswer, ansibleCommand, askAnsible } from './ansible.ts';
import { selection, type WrittenCases, writeCases } from './cases.ts';
import { fleet } from './fleet.ts';
import { askVirtune, type VirtuneAnswer } from './virtune.ts';

/** What people run, so that nothing rests on how the other tests drive Ansible; on 2,000 hosts. */
describe.skipIf(inject('ansibleMissing') !== null)("parity with Ansible's commands, 2,000 hosts", () => {
  let written: WrittenCases;
  let virtune: VirtuneAnswer;
  let ordered: AnsibleAnswer;
  const { files, patterns } = fleet();
  const source = () => written.cases[0]?.sources[0] ?? '';

  beforeAll(async () => {
    written = await writeCases([{ files, sources: ['hosts.json'], patterns, values: false }]);
    const [asked] = written.cases;
    if (asked === undefined) throw new Error('no case');
    virtune = await askVirtune(asked);
    const [answer] = await askAnsible([asked], { ordered: true });
    if (answer === undefined) throw new Error('no answer');
    ordered = answer;
  });
  afterAll(async () => written?.remove());

  it('ansible-inventory --list', async () => {
    expect(virtune.errors).toEqual([]);
    const text = await ansibleCommand('ansible-inventory', ['-i', source(), '--list']);
    const list = JSON.parse(text) as { readonly _meta: { readonly hostvars: object } };
    expect(Object.keys(list._meta.hostvars)).toHaveLength(2000);
    expect(virtune.list).toEqual(list);
  });

  it('ansible-inventory --graph', async () => {
    expect(virtune.graph).toBe(
      (await ansibleCommand('ansible-inventory', ['-i', source(), '--graph'])).trimEnd(),
    );
  });

  it.each(patterns.map(([pattern], i) => [pattern, i] as const))('%s, in order', (_pattern, i) => {
    const [theirs, ours] = [ordered.patterns[i], virtune.patterns[i]];
    if (theirs === undefined || ours === undefined) throw new Error('no answer');
    expect(ours.hosts.length).toBeGreaterThan(0);
    expect(selection(ours)).toEqual(selection(theirs));
  });

  it.each(['compute,!*-hv0?.*', 'edge[0:99]', 'north_r1,south_r2,north_r0'])(
    'ansible %s --list-hosts',
    async (pattern) => {
      const text = await ansibleCommand('ansible', ['-i', source(), pattern, '--list-hosts']);
      const [head, ...hosts] = text
        .trimEnd()
        .split('\n')
        .map((line) => line.trim());
      const ours = virtune.patterns[patterns.findIndex(([one]) => one === pattern)]?.hosts ?? [];
      expect(head).toBe(`hosts (${ours.length}):`);
      expect(ours).toEqual(hosts);
    },
  );
});
