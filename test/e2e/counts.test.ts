import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  type Played,
  play,
  readPlayed,
  removeGuests,
  virsh,
  virtune,
  write,
} from './lab.ts';

/** Tasks, plays, playbooks and inventory names that reach the same NICs: judged by plain virsh. */
describe.skipIf(LAB === '')('NICs that several tasks reach', { concurrent: false }, () => {
  const HOST = 'hv02';
  const OTHER = 'hv03';
  let uuid = '';

  beforeAll(async () => {
    for (const host of [HOST, OTHER]) {
      await removeGuests(host, 'counts-');
      const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:bb:${host.slice(2)}:${n}`)]);
      const made = await guest(host, 'counts-web', ...nics);
      await guest(host, 'counts-db', '--off', '--nic', bridgeNic(`52:54:00:bb:${host.slice(2)}:03`));
      if (host === HOST) uuid = made;
    }
  });

  /** An inventory with a second name of the first host. */
  const { inventory, dir } = write({ rules: [] }, { inventory: aliases() });
  function aliases(): object {
    if (LAB === '') return {};
    const { hosts, vars } = parse(readFileSync(join(LAB, 'inventory.yml'), 'utf8')).all.children.compute;
    return { all: { hosts: { alias: { ...vars, ...hosts[HOST] } } } };
  }

  let files = 0;
  const playbook = (...plays: object[]): string => {
    const file = join(dir, `p${files++}.yml`);
    writeFileSync(file, JSON.stringify(plays, null, 1));
    return file;
  };
  const playOf = (hosts: string, ...rules: object[][]) => ({
    hosts,
    tasks: rules.map((list) => ({ nic_limits: { rules: list } })),
  });
  const runs = async (playbooks: readonly string[], ...options: string[]): Promise<Played> => {
    const file = join(dir, `report${files++}.json`);
    return readPlayed(
      await virtune(['run', ...playbooks, ...inventory, '--report', `json=${file}`, ...options]),
      file,
    );
  };
  const limits = async () => [await bandwidth(HOST, uuid), await bandwidth(HOST, uuid, '--inactive')];

  /** By plain virsh: how many NICs the VMs of these hosts have. */
  const counted = async (...hosts: string[]): Promise<number> => {
    // Those of the running VM, and those that only its next start will have.
    const script = `
      for d in $(virsh -q list --all --uuid); do
        virsh -q domiflist $d | grep -o '[^ ]*:[^ ]*' >/tmp/live
        cat /tmp/live
        virsh -q domiflist $d --inactive | grep -o '[^ ]*:[^ ]*' | grep -vxFf /tmp/live
      done | grep -c :`;
    const each = await Promise.all(hosts.map((host) => lab(['exec', host, 'sh', '-c', script])));
    return each.map(Number).reduce((a, b) => a + b, 0);
  };

  it('count once, with three playbooks and two names of one host', async () => {
    const rules = [{ domain: 'counts-*', inbound: '8 Mbit/s' }];
    const book = () => playbook(playOf(`${HOST},${OTHER},alias`, rules));
    const books = [book(), book(), book()];
    const checked = await runs(books, '--check', '--all');
    const total = await counted(HOST, OTHER);
    expect(checked.code, checked.stderr).toBe(2);
    expect(checked.report.summary.resources.nic).toMatchObject({
      total,
      managed: 6,
      pending: 6,
      unmanaged: total - 6,
    });
    expect(checked.stdout).toContain(`NICs:  ${total} in all: 6 `);
    // Each host lists each of its NICs once, whatever its name.
    for (const host of checked.report.hosts) {
      const named = host.resources.filter((nic) => nic.status === 'pending');
      expect([host.name, named.length]).toEqual([host.name, 3]);
      expect(host.resources).toHaveLength(await counted(host.name === 'alias' ? HOST : host.name));
    }
    const ran = await runs(books);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.report.summary.resources.nic).toMatchObject({ total, managed: 6, changed: 6, inSync: 0 });
    const again = await runs(books);
    expect(again.report.summary.resources.nic).toMatchObject({ total, managed: 6, inSync: 6, changed: 0 });
    const web = "<inbound average='1000'/>";
    expect(await limits()).toEqual([
      [web, web],
      [web, web],
    ]);
  });

  it('of one VM are read alone where VMs are the hosts of the inventory', async () => {
    const { hosts, vars } = parse(readFileSync(join(LAB, 'inventory.yml'), 'utf8')).all.children.compute;
    const file = join(dir, 'vms.yml');
    // What is in another VM's name misleads nobody.
    await guest(HOST, 'counts- $(id) "x"', '--off', '--nic', bridgeNic('52:54:00:bb:02:04'));
    const vms = { 'counts-web': hosts[HOST], 'counts-db': hosts[HOST] };
    writeFileSync(file, JSON.stringify({ all: { vars, hosts: vms } }));
    const book = playbook(playOf('all', [{ domain: '{{ inventory_hostname }}', inbound: '3 Mbit/s' }]));
    const report = join(dir, 'vms.json');
    const args = ['run', book, '-i', file, '--limit', 'counts-web', '--check', '--report', `json=${report}`];
    const ran = readPlayed(await virtune(args), report);
    expect(ran.nics.map(({ domain, subject }) => [domain.name, subject.index])).toEqual([
      ['counts-web', 1],
      ['counts-web', 2],
    ]);
    const all = (await virsh(HOST, 'list', '--all', '--uuid')).trim().split('\n').length;
    expect(ran.report.summary.resources.nic).toMatchObject({ total: 2, pending: 2, vmsNotRead: all - 1 });
    expect(ran.code).toBe(2);
    // The same in INI.
    const line = ([name, own]: readonly [string, object]) =>
      [name, ...Object.entries(own).map(([key, value]) => `${key}='${JSON.stringify(value)}'`)].join(' ');
    const ini = join(dir, 'vms');
    const lines = Object.entries(vms).map(([name, own]) => line([name, { ...vars, ...own }]));
    writeFileSync(ini, `[vms]\n${lines.join('\n')}\n`);
    const same = readPlayed(await virtune(args.with(args.indexOf(file), ini)), report);
    expect(same.report.summary).toEqual(ran.report.summary);
    expect(same.nics).toEqual(ran.nics);
  });

  it('settle where tasks want different directions', async () => {
    const book = playbook(
      playOf(
        HOST,
        [{ domain: 'counts-web', inbound: '16 Mbit/s' }],
        [{ domain: 'counts-web', outbound: '4 Mbit/s' }],
      ),
    );
    const first = await runs([book]);
    expect([first.code, first.nics.map((nic) => nic.status)]).toEqual([0, ['changed', 'changed']]);
    expect(first.nics[0]?.rules).toHaveLength(2);
    const both = "<inbound average='2000'/><outbound average='500'/>";
    expect(await limits()).toEqual([
      [both, both],
      [both, both],
    ]);
    expect(first.nics[0]?.after?.live).toMatchObject({
      inbound: { average: 2000 },
      outbound: { average: 500 },
    });
    const second = await runs([book]);
    expect([second.code, second.nics.map((nic) => nic.status)]).toEqual([0, ['inSync', 'inSync']]);
  });

  it.each([
    ['of one play', (a: object[], b: object[]) => [playbook(playOf(HOST, a, b))]],
    ['of two plays', (a: object[], b: object[]) => [playbook(playOf(HOST, a), playOf(HOST, b))]],
    [
      'of two playbooks',
      (a: object[], b: object[]) => [playbook(playOf(HOST, a)), playbook(playOf(HOST, b))],
    ],
    ['under two names', (a: object[], b: object[]) => [playbook(playOf(HOST, a), playOf('alias', b))]],
  ])(
    'are an error before any host is contacted where rules %s tell that they never settle',
    async (which, books) => {
      const before = await limits();
      const ran = await virtune([
        'run',
        ...books(
          [{ domain: 'counts-web', rate: '100 Mbit/s' }],
          [{ domain: 'counts-web', outbound: '50 Mbit/s' }],
        ),
        ...inventory,
      ]);
      expect(ran.code).toBe(1);
      expect(ran.stdout).toBe('');
      expect(ran.stderr).toMatch(
        /p\d+\.yml:\d+:\d+: error: rule "rule 1" wants outbound 50 Mbit\/s \(6250\), and rule "rule 1" \(.*p\d+\.yml:\d+\) (of another task|for hv\d+) wants 100 Mbit\/s/,
      );
      const names = which === 'under two names';
      expect(ran.stderr.includes('of another task')).toBe(!names);
      expect(ran.stderr.includes(`${HOST} and alias are one hypervisor`)).toBe(names);
      expect(await limits()).toEqual(before);
    },
  );

  it.each([
    ['of one play', (a: object[], b: object[]) => [playbook(playOf(HOST, a, b))]],
    [
      'of two playbooks',
      (a: object[], b: object[]) => [playbook(playOf(HOST, a)), playbook(playOf(HOST, b))],
    ],
    ['under two names', (a: object[], b: object[]) => [playbook(playOf(HOST, a), playOf('alias', b))]],
  ])(
    'are refused before anything is written to them where only the host tells it: tasks %s',
    async (which, books) => {
      const [mac] = [`52:54:00:bb:${HOST.slice(2)}:02`];
      const before = await limits();
      // Only the host knows that this MAC is that of a NIC of counts-web.
      const ran = await runs(
        books([{ domain: 'counts-web', rate: '100 Mbit/s' }], [{ nic: { mac }, outbound: '50 Mbit/s' }]),
      );
      expect(ran.code).toBe(5);
      const second = ran.nics.filter((nic) => nic.subject.mac === mac);
      for (const nic of second) {
        expect([nic.status, nic.commands, nic.after]).toEqual(['refused', [], null]);
        expect(nic.reason).toMatch(
          which === 'under two names'
            ? /^two inventory names of this hypervisor want different outbound limits of it: (hv\d+: rule "rule 1" \(.*:\d+\) .*, alias|alias: rule .*, hv\d+): rule "rule /
            : /two tasks want different outbound limits of it: rule "rule 1" \(.*:\d+\) /,
        );
      }
      expect(ran.report.summary.resources.nic.refused).toBe(1);
      const now = await limits();
      expect(now.map(([, two]) => two)).toEqual(before.map(([, two]) => two));
      const full = "average='12500' peak='12500' burst='12500'";
      expect(now.map(([one]) => one)).toEqual(Array(2).fill(`<inbound ${full}/><outbound ${full}/>`));
    },
  );
});

/** What a run says of names that no host has, and how it counts. */
describe.skipIf(LAB === '')('VMs that no host has', { concurrent: false }, () => {
  const HOST = 'hv02';
  let uuid = '';

  beforeAll(async () => {
    await removeGuests(HOST, 'exact-');
    uuid = await guest(HOST, 'exact-web', '--off', '--nic', bridgeNic('52:54:00:bc:02:01'));
  });

  it('an exact name among them is an error with its rule, and what is there is limited all the same', async () => {
    const rules = [
      { name: 'typo', domain: ['exact-web', 'exact-wbe'], inbound: 1000 },
      { domain: 'exact-none-*', inbound: 7 },
    ];
    const written = write({ rules }, { hosts: `${HOST},hv03` });
    const ran = await play(written);
    const missing = [{ domain: 'exact-wbe', rule: { name: 'typo' } }];
    expect([ran.code, ran.report.missingDomains]).toMatchObject([1, missing]);
    expect(ran.stdout).toMatch(/^error: no host has a VM "exact-wbe", which rule "typo" \(.*:\d+\) named$/m);
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='1000'/>"]);
    expect((await play(written, '--check')).code).toBe(1);
    const allowed = await play(written, '--missing-ok');
    expect(allowed.code).toBe(0);
    expect(allowed.stdout).toMatch(/^warning: no host has a VM "exact-wbe"/m);
    // The glob that names nothing is a warning: with --strict both count.
    expect((await play(written, '--missing-ok', '--strict')).code).toBe(1);
  });

  it('and none is judged where hosts of the play were left out or did not answer', async () => {
    const written = write({ rules: [{ domain: 'exact-elsewhere', inbound: 7 }] }, { hosts: `${HOST},hv03` });
    const limited = await play(written, '--limit', HOST);
    expect([limited.code, limited.report.missingDomains]).toEqual([0, []]);
    expect(limited.stdout).toMatch(/warning: rule "rule 1" .* names nothing on the hosts that were read/);
    const inventory = { all: { hosts: { gone: { ansible_host: '127.0.0.1', ansible_port: 9 } } } };
    const lost = await play(
      write({ rules: [{ domain: 'exact-elsewhere', inbound: 7 }] }, { hosts: `${HOST},gone`, inventory }),
    );
    expect([lost.code, lost.report.missingDomains]).toEqual([4, []]);
  });

  it('--strict makes what files warn of an error before any host is contacted', async () => {
    const rules = [{ domain: 'exact-web', inbound: { average: 2000, peak: 1000 } }];
    const written = write({ rules }, { hosts: HOST });
    expect((await virtune(['validate', written.playbook, ...written.inventory])).code).toBe(0);
    for (const command of ['validate', 'run']) {
      const strict = await virtune([command, written.playbook, ...written.inventory, '--strict']);
      expect([strict.code, strict.stdout]).toEqual([1, '']);
      expect(strict.stderr).toMatch(
        /the peak .* is below the average[\s\S]*error: 1 warning, which --strict counts as an error/,
      );
    }
    expect(await bandwidth(HOST, uuid)).toEqual(["<inbound average='1000'/>"]);
  });
});
