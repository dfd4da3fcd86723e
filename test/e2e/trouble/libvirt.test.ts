import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../../long.ts';
import { bandwidth, bridgeNic, guest, LAB, type Played, play, virtune, write } from '../lab.ts';
import { BUSY_HOST, type BusyRuns, busyRuns } from './busy.ts';
import { during, HOST, onHost, realHost } from './real_host.ts';
import { hostOf, newRate } from './shared.ts';

describe.skipIf(LAB === '')('libvirt of a real host', { concurrent: false }, () => {
  const { beside, expectChanged, playbook, uuid } = realHost();
  let busy: BusyRuns;

  beforeAll(async () => {
    busy = await busyRuns();
  });
  afterAll(() => busy?.end());

  it('no virsh', async () => {
    const { code, host } = await during(
      'mount --bind /dev/null $(readlink -f /usr/bin/virsh)',
      'umount $(readlink -f /usr/bin/virsh)',
      () => beside(),
    );
    expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_virsh']);
    expect(host.error).toContain('install libvirt-clients');
  });

  it('virsh in a container only', async () => {
    const contained = () =>
      during(
        `setsid unshare --mount sh -c 'mount -t tmpfs none /mnt; exec sleep 600' </dev/null >/dev/null 2>&1 &
         echo $! >/run/container.pid; until nsenter -t $! -m findmnt /mnt >/dev/null; do sleep 0.05; done
         mount --bind /dev/null $(readlink -f /usr/bin/virsh)`,
        'umount $(readlink -f /usr/bin/virsh); kill $(cat /run/container.pid) 2>/dev/null || :',
        async () => {
          const libvirt_virsh = `nsenter -t ${(await onHost('cat /run/container.pid')).trim()} -m -- virsh`;
          const changed = await beside({ libvirt_virsh });
          const { written } = playbook({ libvirt_virsh });
          const dry = await play(written, '--check', '--limit', HOST);
          const args = ['doctor', HOST, '-e', `libvirt_virsh=${libvirt_virsh}`];
          const found = await virtune([...args, '-i', join(LAB, 'inventory.yml')]);
          await onHost('kill $(cat /run/container.pid); sleep 0.1');
          return { changed, dry, found, words: libvirt_virsh, gone: await beside({ libvirt_virsh }) };
        },
      );
    const { changed, dry, found, words, gone } = await contained();
    await expectChanged(changed);
    expect([dry.code, dry.nics.map((nic) => nic.status)]).toEqual([2, ['pending']]);
    expect(found.stdout).toMatch(new RegExp(`virsh +\\d+\\.\\d+\\.\\d+, by ${words}\n`));
    expect([gone.code, gone.host.status, gone.host.errorCode]).toEqual([3, 'failed', 'no_container']);
  });

  it('a libvirtd that hangs', async () => {
    const { code, host } = await during(
      'kill -STOP $(cat /run/libvirtd.pid)',
      'kill -CONT $(cat /run/libvirtd.pid)',
      () => beside({ ansible_command_timeout: 2 }),
    );
    expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'exec_timeout']);
    expect(host.error).toContain('a service on it may hang (libvirtd?)');
  });

  describe('as another user', () => {
    beforeAll(() => onHost('id operator2 >/dev/null 2>&1 || useradd -m -p "*" -s /bin/bash operator2'));

    it('without any rights', async () => {
      const { code, host } = await during(
        'chmod 700 /run/libvirt/libvirt-sock-ro',
        'chmod 777 /run/libvirt/libvirt-sock-ro',
        () => beside({ ansible_user: 'operator2' }),
      );
      expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_rights']);
      expect(host.error).toContain('connect as root, or as a user who may use libvirt');
    });

    it('who may read: checks, and says why nothing can be written', async () => {
      const before = await bandwidth(HOST, uuid());
      const { code, host } = await beside({ ansible_user: 'operator2' });
      expect([code, host.status, host.resources.map((nic) => nic.status)]).toEqual([3, 'failed', ['failed']]);
      expect(host.resources[0]?.reason).toMatch(/Permission denied/);
      expect(host.errorCode).toBe('no_rights');
      expect(host.error).toMatch(/^this login may not change VMs.*docs\/privileges\.md says how/);
      expect(await bandwidth(HOST, uuid())).toEqual(before);
      const { written } = playbook({ ansible_user: 'operator2' });
      const dry = await play(written, '--check', '--limit', HOST);
      expect([dry.code, dry.nics.map((nic) => nic.status)]).toEqual([2, ['pending']]);
    });
  });

  describe('VMs that change between reading and writing', () => {
    /** Runs a script just before virtune's write, in virsh's place: the race, won every time. */
    const between = <T>(script: string, body: () => Promise<T>) =>
      during(
        `v=$(readlink -f /usr/bin/virsh)
         touch /run/virsh-real /run/virsh-hooked
         mount --bind $v /run/virsh-real; mount --make-private /run/virsh-real
         printf '%s\\n' '#!/bin/bash' 'case "$*" in *domiftune*) v=/run/virsh-real; ${script} ;; esac >/dev/null 2>&1' 'exec /run/virsh-real "$@"' >/run/virsh-hooked
         chmod 755 /run/virsh-hooked
         mount --bind /run/virsh-hooked $v`,
        'umount $(readlink -f /usr/bin/virsh); umount /run/virsh-real',
        body,
      );

    /** Two VMs: what happens to the first must not keep the second from its limits. */
    const pair = async (name: string, ...options: string[]) => {
      const [first, second] = [
        await guest(HOST, `${name}-1`, ...options, '--nic', bridgeNic('52:54:00:ee:01:01')),
        await guest(HOST, `${name}-2`, '--nic', bridgeNic('52:54:00:ee:01:02')),
      ];
      const written = write({ rules: [{ domain: `${name}-*`, inbound: newRate() }] }, { hosts: HOST });
      return { first, second, written };
    };

    const statuses = (played: Played) =>
      Object.fromEntries(played.nics.map((nic) => [nic.domain.name, nic.status]));

    it('one vanishes: not found, the other is changed', async () => {
      const { first, written } = await pair('tr-vanish', '--transient');
      const played = await between(`$v -q destroy ${first}`, () => play(written));
      expect([played.code, statuses(played)]).toEqual([
        3,
        { 'tr-vanish-1': 'notFound', 'tr-vanish-2': 'changed' },
      ]);
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-vanish-2': 'inSync' }]);
    });

    it('one is shut off: says so, its configuration is set, and the other is changed', async () => {
      const { first, written } = await pair('tr-off');
      const played = await between(`$v -q destroy ${first}`, () => play(written));
      expect([played.code, statuses(played)]).toEqual([0, { 'tr-off-1': 'changed', 'tr-off-2': 'changed' }]);
      expect(await bandwidth(HOST, first)).toEqual([expect.stringMatching(/^<inbound average='\d+'\/>$/)]);
      expect(played.nics[0]).toMatchObject({
        notes: ['the VM was stopped while the run was under way'],
        after: { live: null, config: { inbound: { average: expect.any(Number) } } },
      });
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-off-1': 'inSync', 'tr-off-2': 'inSync' }]);
    });

    it('one is started: what it runs with is set, too', async () => {
      const { first, written } = await pair('tr-on', '--off');
      const played = await between(`$v -q start ${first} --paused`, () => play(written));
      for (const flags of [[], ['--inactive']])
        expect(await bandwidth(HOST, first, ...flags)).toEqual([
          expect.stringMatching(/^<inbound average='\d+'\/>$/),
        ]);
      expect([played.code, statuses(played)]).toEqual([0, { 'tr-on-1': 'changed', 'tr-on-2': 'changed' }]);
      // A host lists what runs first.
      const started = played.nics.find((nic) => nic.domain.uuid === first);
      expect(started?.notes).toEqual(['the VM was started while the run was under way']);
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-on-1': 'inSync', 'tr-on-2': 'inSync' }]);
    });
  });

  describe('VMs that another job holds', () => {
    it('is tried again and changed once it is free', async () => {
      const played = await busy.freed;
      expect([played.code, played.nics.map((nic) => nic.status)]).toEqual([0, ['changed']]);
      expect(hostOf(played, BUSY_HOST).durationMs).toBeGreaterThan(31_000);
      expect(await bandwidth(BUSY_HOST, played.nics[0]!.domain.uuid)).toEqual(["<inbound average='7'/>"]);
    });

    it.runIf(LONG)('is named busy after all tries; the others on the host are changed', async () => {
      const played = (await busy.held) as Played;
      const [held, other] = played.nics;
      expect([played.code, held?.status, other?.status]).toEqual([3, 'busy', 'changed']);
      expect(held?.reason).toBe(
        'another job holds the VM: dump; libvirt lets nobody change the VM until that ends',
      );
      expect(held?.after).toEqual(held?.before);
      expect(played.stdout).toMatch(/tr-held nic 1 busy/);
      for (const flags of [[], ['--inactive']]) {
        expect(await bandwidth(BUSY_HOST, held!.domain.uuid, ...flags)).toEqual(['']);
      }
    });
  });
});
