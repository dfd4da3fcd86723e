import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bridgeNic,
  guest,
  LAB,
  lab,
  type Played,
  play,
  removeGuests,
  startPlay,
  virsh,
  write,
} from './lab.ts';
import { startWatch } from './watch/watching.ts';

/** The lock of real hosts, held against util-linux's flock, and real runs that want the same. */
describe.skipIf(LAB === '')('one writer at a time on a host', { concurrent: false }, () => {
  const HOSTS = ['hv01', 'hv02', 'hv03'];
  const [HOST = ''] = HOSTS;
  const MAC = '52:54:00:dd:0b:01';
  const uuids = new Map<string, string>();
  const onHost = (...words: string[]) => lab(['exec', HOST, ...words]);

  beforeAll(async () => {
    for (const host of HOSTS) {
      await removeGuests(host, 'lk-');
      uuids.set(host, await guest(host, 'lk-guest', '--nic', bridgeNic(MAC.replace('0b', host.slice(-2)))));
    }
  });
  afterAll(async () => {
    for (const host of HOSTS) await removeGuests(host, 'lk-');
  });

  const limit = (inbound: number, hosts = HOSTS.join(',')) =>
    write({ rules: [{ domain: 'lk-guest', inbound }] }, { hosts });
  const average = async (host: string, flag: string) => {
    const mac = MAC.replace('0b', host.slice(-2));
    return Number(
      /inbound\.average: *(\d+)/.exec(await virsh(host, 'domiftune', uuids.get(host) ?? '', mac, flag))?.[1],
    );
  };
  const isFree = () => onHost('sh', '-c', 'flock -n /run/libvirt true && echo free || echo held');
  /** Lets each virsh that writes leave a file when it begins, and wait for {@link goOn}. */
  const slowVirsh = () =>
    onHost(
      'bash',
      '-ec',
      `v=$(readlink -f /usr/bin/virsh); cp $v /run/lab/virsh-own
      printf '%s\\n' '#!/bin/sh' 'case "$*" in *domiftune*) echo >/run/lab/writing; while [ -e /run/lab/slow ]; do sleep 0.1; done;; esac' 'exec /run/lab/virsh-own "$@"' >/run/lab/virsh-slow
      chmod 755 /run/lab/virsh-slow; rm -f /run/lab/writing; : >/run/lab/slow; mount --bind /run/lab/virsh-slow $v`,
    );
  const goOn = () => onHost('rm', '-f', '/run/lab/slow');
  const fastVirsh = () =>
    onHost(
      'sh',
      '-c',
      'rm -f /run/lab/slow; umount -l $(readlink -f /usr/bin/virsh); rm -f /run/lab/virsh-* /run/lab/writing',
    );
  const inboundOf = (sides: Played['nics'][number]['before'] | null) => sides?.live?.inbound?.average ?? 0;

  it('two runs in the same second end with one state and two reports that are true', async () => {
    const [one, two] = await Promise.all([1000, 2000].map((rate) => startPlay(limit(rate)).ended));
    expect([one!.code, two!.code]).toEqual([0, 0]);
    for (const [index, host] of HOSTS.entries()) {
      const live = await average(host, '--live');
      expect(await average(host, '--config')).toBe(live);
      const told = [one!, two!].map(({ nics }) => nics[index]!).filter(({ status }) => status === 'changed');
      // Each write found what the one before it had left, and the last one is what there is.
      told.sort((a, b) => inboundOf(a.before) - inboundOf(b.before));
      expect(told.map(({ before }) => inboundOf(before))).toEqual([
        0,
        ...told.slice(0, -1).map(({ after }) => inboundOf(after)),
      ]);
      expect(inboundOf(told.at(-1)!.after)).toBe(live);
    }
    expect(await isFree()).toContain('free');
  });

  it('tells who has the lock while it waits for it', async () => {
    await slowVirsh();
    try {
      const first = startPlay(limit(1500, HOST));
      while (!(await onHost('sh', '-c', 'ls /run/lab')).includes('writing')) await sleep(100);
      const second = startPlay(limit(2500, HOST), '--lock-wait', '60');
      let said = '';
      const told = new Promise<string>((resolve) => {
        second.child.stderr?.on('data', (text: string) => {
          said += text;
          if (said.includes('waits for')) resolve('told');
        });
      });
      // While the other one writes still.
      expect(await Promise.race([told, second.ended.then(() => 'too late')])).toBe('told');
      await goOn();
      const [one, two] = [await first.ended, await second.ended];
      expect([one.code, two.code]).toEqual([0, 0]);
      const [, run] = /^hv01 waits for another writer: \S+@\S+, run (\S+)$/m.exec(two.stderr) ?? [];
      expect(run).toBe((one.report as unknown as { readonly run: { readonly id: string } }).run.id);
      expect(one.stderr).not.toContain('waits for');
    } finally {
      await fastVirsh();
    }
  });

  it.each([
    { format: 'lines', told: /^\S+ hv01: waits for another writer: process \d+: flock / },
    {
      format: 'ndjson',
      told: /^{"event":"host_waiting","at":"[^"]+","host":"hv01","holder":"process \d+: flock /,
    },
  ])('a watch tells it too, as $format', async ({ format, told }) => {
    await onHost('mkfifo', '/run/lab/hold');
    const held = onHost('flock', '/run/libvirt', 'cat', '/run/lab/hold');
    while (!(await isFree()).includes('held')) await sleep(100);
    const [rate, options] = format === 'lines' ? [3500, []] : [3600, ['--log-format', format]];
    const watch = startWatch(limit(rate, HOST), '--lock-wait', '60', ...options);
    try {
      await watch.until(() =>
        watch
          .said()
          .split('\n')
          .some((line) => told.test(line)),
      );
      await onHost('sh', '-c', ': >/run/lab/hold; rm /run/lab/hold');
      await watch.until(async () => (await average(HOST, '--live')) === rate);
    } finally {
      await watch.stop();
      await held;
    }
  });

  it('names who has the lock, waits for it, and leaves none behind when it is killed', async () => {
    await onHost('mkfifo', '/run/lab/hold');
    const held = onHost('flock', '/run/libvirt', 'cat', '/run/lab/hold');
    while (!(await isFree()).includes('held')) await sleep(100);
    const refused = await play(limit(3000, HOST), '--lock-wait', '0');
    expect([refused.code, refused.nics[0]?.status]).toEqual([7, 'locked']);
    expect(refused.nics[0]?.reason).toMatch(
      /: process \d+: flock \/run\/libvirt cat \/run\/lab\/hold \(not waited for\)$/,
    );
    expect((await play(limit(3000, HOST), '--check')).code).toBe(2);
    const waiting = startPlay(limit(4000, HOST), '--lock-wait', '60');
    await new Promise<void>((resolve) => {
      waiting.child.stderr?.on('data', (text: string) => {
        if (text.includes('waits for another writer: process')) resolve();
      });
    });
    await onHost('sh', '-c', ': >/run/lab/hold; rm /run/lab/hold');
    const waited = await waiting.ended;
    expect([waited.code, await average(HOST, '--live')]).toEqual([0, 4000]);
    expect(waited.report.hosts[0]?.notes?.[0]).toMatch(/^waited for another writer on this host: process/);
    await held;

    // The run dies in the middle of a write.
    await slowVirsh();
    try {
      const { child, ended } = startPlay(limit(5000, HOST));
      ended.catch(() => {});
      while (!(await onHost('sh', '-c', 'ls /run/lab')).includes('writing')) await sleep(100);
      expect(await isFree()).toContain('held');
      child.kill('SIGKILL');
      await goOn();
      for (let tries = 0; tries < 100 && !(await isFree()).includes('free'); tries++) await sleep(100);
      expect(await isFree()).toContain('free');
      expect(await onHost('sh', '-c', 'pgrep -fc "[h]eld owner=" || :')).toMatch(/^0/);
    } finally {
      await fastVirsh();
    }
  });
});
