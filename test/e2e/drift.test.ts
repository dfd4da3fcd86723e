import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cause, GoneVm } from '../../src/model/cause.ts';
import { bridgeNic, guest, LAB, lab, type Played, play, removeGuests, virsh, write } from './lab.ts';

/**
 * What happens to VMs of a real libvirt between two runs, and what the second one says of it. That it happened is judged
 * by plain virsh.
 */
describe.skipIf(LAB === '')('drift of real VMs', { concurrent: false }, () => {
  const [HERE, THERE] = ['hv01', 'hv02'];
  const PREFIX = 'why-';
  const NAMES = ['same', 'live', 'config', 'restart', 'rebuilt', 'moved', 'gone'];
  const THEN = '2026-01-31 12:00:00';
  const NOW = '2026-02-01 03:00:00';

  const nova = `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>n</nova:name><nova:creationTime>${THEN}</nova:creationTime></nova:instance>`;
  const rules = (inbound: number, ...before: object[]) => ({
    rules: [
      ...before,
      { name: 'all', domain: [`${PREFIX}*`, `!${PREFIX}restart`], inbound },
      { name: 'live only', domain: `${PREFIX}restart`, inbound, apply_to: 'live' },
    ],
  });
  const clean = () => Promise.all([HERE, THERE].map((host) => removeGuests(host, PREFIX)));
  const inHost = (host: string, script: string, ...args: string[]) =>
    lab(['exec', host, 'bash', '-ec', script, ...args]);

  const uuids = new Map<string, string>();
  let before: Played;
  let file = '';
  let state = '';

  const causes = ({ nics }: Played) =>
    new Map(
      nics.map((nic) => [
        nic.domain.name.slice(PREFIX.length),
        (nic as unknown as { readonly cause?: Cause }).cause,
      ]),
    );

  beforeAll(async () => {
    await clean();
    for (const [index, name] of NAMES.entries()) {
      const mac = `52:54:00:77:68:0${index + 1}`;
      const metadata = name === 'rebuilt' ? ['--metadata-xml', nova] : [];
      uuids.set(name, await guest(HERE, `${PREFIX}${name}`, '--nic', bridgeNic(mac), ...metadata));
    }
    const written = write(rules(100), { hosts: `${HERE}:${THERE}` });
    file = join(written.dir, 'baseline.json');
    state = join(written.dir, 'state');
    before = await play(written, '--report', `json=${file}`, '--state-dir', state);
  });
  afterAll(clean);

  /** By the report of that run, and by what the record has kept of it: both tell the same. */
  const check = async (wanted: object) => {
    const written = write(wanted, { hosts: `${HERE}:${THERE}` });
    const told = await play(written, '--check', '--diff', '--baseline', file);
    const history = await play(written, '--check', '--baseline', 'history', '--state-dir', state);
    expect(causes(history)).toEqual(causes(told));
    const gone = ({ report }: Played) => (report as unknown as { readonly gone?: readonly GoneVm[] }).gone;
    expect(gone(history)).toEqual(gone(told));
    return told;
  };

  it('is told by what became of each VM', async () => {
    expect(before.nics.map(({ status }) => status)).toEqual(NAMES.map(() => 'changed'));
    const id = (name: string) => virsh(HERE, 'domid', `${PREFIX}${name}`).then((text) => text.trim());
    const idThen = await id('restart');
    const mac = (name: string) => `52:54:00:77:68:0${NAMES.indexOf(name) + 1}`;
    await inHost(
      HERE,
      `virsh -q domiftune ${PREFIX}live ${mac('live')} --inbound 50 --live
       virsh -q domiftune ${PREFIX}config ${mac('config')} --inbound 60 --config
       virsh -q destroy ${PREFIX}restart; virsh -q start ${PREFIX}restart
       virsh dumpxml --inactive ${PREFIX}rebuilt | sed -e '/<bandwidth>/,/<.bandwidth>/d' -e 's/${THEN}/${NOW}/' >/tmp/why.xml
       virsh -q destroy ${PREFIX}rebuilt; virsh -q undefine ${PREFIX}rebuilt
       virsh -q define /tmp/why.xml; virsh -q start ${PREFIX}rebuilt
       for i in moved gone; do virsh -q destroy ${PREFIX}$i; virsh dumpxml --inactive ${PREFIX}$i >/tmp/why-$i.xml; virsh -q undefine ${PREFIX}$i; done`,
    );
    const xml = await inHost(
      HERE,
      `sed '/<bandwidth>/,/<.bandwidth>/d' /tmp/why-moved.xml; rm /tmp/why*.xml`,
    );
    await lab(
      [
        'exec',
        THERE,
        'bash',
        '-ec',
        'cat >/tmp/why.xml; virsh -q define /tmp/why.xml; virsh -q start why-moved; rm /tmp/why.xml',
      ],
      xml,
    );
    // It happened, as virsh sees it.
    expect(await id('restart')).not.toBe(idThen);
    expect(await virsh(HERE, 'dumpxml', `${PREFIX}rebuilt`)).toContain(NOW);
    expect((await virsh(THERE, 'domuuid', `${PREFIX}moved`)).trim()).toBe(uuids.get('moved'));

    const after = await check(rules(100));
    const found = causes(after);
    expect([...found].map(([name, cause]) => [name, cause?.kind, cause?.states])).toEqual([
      ['same', undefined, undefined],
      ['live', 'changedByHand', ['live']],
      ['config', 'changedByHand', ['config']],
      ['restart', 'restarted', undefined],
      ['rebuilt', 'rebuilt', undefined],
      ['moved', 'moved', undefined],
    ]);
    expect(found.get('restart')?.detail).toBe(`domain id ${idThen} then, ${await id('restart')} now`);
    expect(found.get('rebuilt')?.detail).toBe(`created ${THEN} then, ${NOW} now`);
    expect(found.get('moved')?.detail).toBe(`from ${HERE}`);
    const { gone } = after.report as unknown as { readonly gone: readonly GoneVm[] };
    expect(gone.map(({ kind, name, uuid }) => [kind, name, uuid])).toEqual([
      ['moved', 'why-moved', uuids.get('moved')],
      ['gone', 'why-gone', uuids.get('gone')],
    ]);
    expect(after.stdout).toMatch(/why: lost by a restart of its VM: domain id \d+ then, \d+ now/);
    expect(after.stdout).toContain('the VM "why-gone" of hv01 is gone');
    expect(after.code).toBe(2);
  });

  it('is told from what is declared anew, with the lines of now and then, and from new VMs', async () => {
    await guest(HERE, `${PREFIX}new`, '--nic', bridgeNic('52:54:00:77:68:09'));
    const found = causes(await check(rules(200, { name: 'nothing', domain: 'none-*', inbound: 1 })));
    expect(found.get('same')?.kind).toBe('declaredAnew');
    const lines = (which: 'now' | 'earlier') => found.get('same')?.rules?.[which].map(({ line }) => line);
    expect(lines('now')?.[0]).toBeGreaterThan(lines('earlier')?.[0] ?? Number.POSITIVE_INFINITY);
    expect(found.get('same')?.text).toMatch(
      /^declared anew: rule "all" \(.*play\.yml:\d+\); then rule "all" \(.*play\.yml:\d+\)$/,
    );
    expect(found.get('live')).toMatchObject({ kind: 'changedByHand', also: ['declaredAnew'] });
    expect(found.get('new')?.kind).toBe('newVm');
  });

  it('is left as it is where it is waived, by a run that applies too', async () => {
    const written = write(rules(100), { hosts: `${HERE}:${THERE}` });
    const waivers = join(written.dir, 'waivers.yml');
    writeFileSync(
      waivers,
      `waivers:
  - { owner: ops, reason: looked at, until: 2999-12-31, hosts: ${HERE}, domain: ${PREFIX}live, has: { inbound.average: 50 } }
  - { owner: net, reason: done, until: 2020-01-01, domain: ${PREFIX}config }
  - { owner: db, reason: none, until: 2999-12-31, domain: ${PREFIX}none }
`,
    );
    const { code, nics, stdout, report } = await play(written, '--waivers', waivers);
    expect([code, report.exitCode]).toEqual([0, 0]);
    const status = new Map(nics.map((nic) => [nic.domain.name.slice(PREFIX.length), nic.status]));
    expect([...status].filter(([, one]) => one === 'waived')).toEqual([['live', 'waived']]);
    expect(status.get('config')).toBe('changed');
    const limits = (name: string, side: string) =>
      virsh(HERE, 'domiftune', `${PREFIX}${name}`, `52:54:00:77:68:0${NAMES.indexOf(name) + 1}`, side);
    expect(await limits('live', '--live')).toMatch(/inbound\.average *: 50\n/);
    expect(await limits('config', '--config')).toMatch(/inbound\.average *: 100\n/);
    expect(stdout).toContain('waived by ops until 2999-12-31: looked at');
    expect(stdout).toMatch(/waivers\.yml:3: the waiver of net until 2020-01-01 \(done\) has expired/);
    expect(stdout).toMatch(/waivers\.yml:4: the waiver of db .* covers nothing that differs: it can go/);
  });
});
