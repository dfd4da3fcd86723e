import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  MAIN,
  removeGuests,
  run,
  type Started,
  start,
  virsh,
  write,
} from './lab.ts';

/** A watch over real hypervisors, judged by plain virsh. */

const HOST = 'hv01';
const OTHER = 'hv02';
const NAME = 'watch-guest';
const MAC = '52:54:00:ee:00:01';
/** Another VM of the same host. */
const BESIDE = 'watch-beside';
const BESIDE_MAC = '52:54:00:ee:00:03';
const LIMITED = "<inbound average='1000' peak='1000' burst='1000'/>";

const onHost = (script: string, ...args: string[]) => lab(['exec', HOST, 'bash', '-ec', script, ...args]);

const MIGRATE = `
  umask 077; cat >/run/lab/key
  virsh dumpxml --inactive $0 | sed '/<bandwidth>/,/<.bandwidth>/d' >/run/lab/config.xml
  virsh dumpxml --migratable $0 | sed '/<bandwidth>/,/<.bandwidth>/d' >/run/lab/live.xml
  virsh -q migrate --live --p2p --persistent --undefinesource --unsafe $0 \
    "qemu+ssh://root@$1/system?keyfile=/run/lab/key&no_verify=1" --migrateuri tcp://$1 \
    --xml /run/lab/live.xml --persistent-xml /run/lab/config.xml`;

async function addressesOf(hosts: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const inventory = readFileSync(join(LAB, 'inventory.yml'), 'utf8');
  return Object.fromEntries(
    hosts.map((host) => [host, new RegExp(`${host}:\\s+ansible_host: (\\S+)`).exec(inventory)?.[1] ?? '']),
  );
}

/** A dump of a VM into a pipe that nobody reads holds its job for as long as that process lives. */
const DUMP = `
  d=$(mktemp -d); mkfifo $d/dump
  sleep 1000 3<>$d/dump </dev/null >/dev/null 2>&1 & echo $!
  virsh dump $0 $d/dump --memory-only </dev/null >/dev/null 2>&1 &
  until virsh -r domjobinfo $0 | grep -q Dump; do sleep 0.05; done`;

describe.skipIf(LAB === '')('a watch', { concurrent: false }, () => {
  let watch: Started;
  let playbookFile = '';
  let said = '';
  let uuid = '';
  const state = mkdtempSync(join(tmpdir(), 'virtune-state-'));
  const waitFor = async (what: () => Promise<boolean> | boolean): Promise<void> => {
    const patience = Date.now() + 90_000;
    while (!(await what())) {
      if (Date.now() > patience) throw new Error(`it never came: ${what}\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const isLimited = async () =>
    [...(await bandwidth(HOST, uuid)), ...(await bandwidth(HOST, uuid, '--inactive'))].every(
      (one) => one === LIMITED,
    );
  const processes = async () => Number(await onHost('pgrep -xc virsh || true'));

  const begin = (): void => {
    const { playbook, inventory } = write(
      {
        rules: [
          { name: 'slow', domain: [NAME, BESIDE], inbound: { average: 1000, peak: 1000, burst: 1000 } },
        ],
      },
      { hosts: `${HOST}:${OTHER}` },
    );
    playbookFile = playbook;
    const args = ['watch', playbook, ...inventory, '--state-dir', state, '--verify', 'kernel'];
    watch = start(process.execPath, [MAIN, ...args]);
    for (const stream of [watch.child.stdout, watch.child.stderr])
      stream?.on('data', (text: string) => {
        said += text;
      });
  };

  beforeAll(async () => {
    await Promise.all([HOST, OTHER].map((host) => removeGuests(host, 'watch-')));
    uuid = await guest(HOST, NAME, '--nic', bridgeNic(MAC));
    begin();
  });
  afterAll(async () => {
    watch.child.kill('SIGKILL');
    rmSync(state, { recursive: true });
    await Promise.all([HOST, OTHER].map((host) => removeGuests(host, 'watch-')));
  });

  it('limits what is not as declared, and again after a rebuild as Nova does it', async () => {
    await waitFor(isLimited);
    const bare = (await virsh(HOST, 'dumpxml', '--inactive', uuid)).replace(
      /<bandwidth>.*?<\/bandwidth>/s,
      '',
    );
    await onHost(
      'virsh -q destroy $0; virsh -q undefine $0; printf %s "$1" >/run/lab/watch.xml; virsh -q define /run/lab/watch.xml; virsh -q start $0',
      uuid,
      bare,
    );
    await waitFor(isLimited);
    await waitFor(() =>
      /hv01: changed .* ms after (Defined Added|Started Booted|Resumed Unpaused) of watch-guest\)/.test(said),
    );
  });

  it('puts back what somebody has set by hand, and says so', async () => {
    // Right after a start nobody can tell a hand from what the start has lost.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await virsh(HOST, 'domiftune', uuid, MAC, '--live', '--inbound', '7');
    await waitFor(async () => (await bandwidth(HOST, uuid))[0] === LIMITED);
    await waitFor(() => said.includes('why: changed by hand: live'));
    const { stdout } = await run(process.execPath, [MAIN, 'history', '--vm', NAME, '--state-dir', state]);
    expect(stdout).toContain('receives 56 kbit/s → 8 Mbit/s');
    expect(stdout).toContain('why: changed by hand: live');
    expect(stdout).toContain('why: the XML of its VM was made anew: ');
    expect(stdout).toMatch(/hv01: after (Defined Added|Started Booted|Resumed Unpaused) of watch-guest/);
  });

  it("sets a queue again that was wiped behind libvirt's back, as Neutron's agent does after a start", async () => {
    const device = /vnet\d+/.exec(await virsh(HOST, 'domiflist', uuid))?.[0] ?? '';
    const queue = () => onHost('tc qdisc show dev $0 root', device);
    await waitFor(async () => (await queue()).includes('qdisc htb 1:'));
    await onHost('tc qdisc del dev $0 root', device);
    await waitFor(async () => (await queue()).includes('qdisc htb 1:'));
    await waitFor(() =>
      said.includes('why: changed in the kernel behind libvirt: inbound: the kernel limits nothing'),
    );
    expect((await bandwidth(HOST, uuid))[0]).toBe(LIMITED);
  });

  it('limits a VM that migrates, there and back, once it has arrived', async () => {
    const addresses = await addressesOf([HOST, OTHER]);
    for (const [from, to] of [
      [HOST, OTHER],
      [OTHER, HOST],
    ] as const) {
      // As Nova does it: the description that it sends has no limits.
      await lab(
        ['exec', from, 'bash', '-ec', MIGRATE, uuid, addresses[to] ?? ''],
        readFileSync(join(LAB, 'id_ed25519'), 'utf8'),
      );
      await waitFor(async () => (await bandwidth(to, uuid))[0] === LIMITED);
      await waitFor(() => said.includes(`${to}: changed (1 NIC changed`));
    }
    // Whichever of its events, files and queues is noticed first: the reason is the same.
    expect(said).toMatch(
      /hv02: changed .* after .*\n.*receives unlimited → 8 Mbit\/s.*\n +why: its VM was moved here from another host: .*Migrated/,
    );
  });

  it('reads its files again when they change, and keeps to what they said while they are broken', async () => {
    const before = readFileSync(playbookFile, 'utf8');
    // As editors and git do it.
    const put = (text: string): void => {
      writeFileSync(`${playbookFile}.new`, text);
      renameSync(`${playbookFile}.new`, playbookFile);
    };
    put(before.slice(0, -20));
    await waitFor(() =>
      said.includes('The files could not be read again: what they said before still holds.'),
    );
    await virsh(HOST, 'domiftune', uuid, MAC, '--live', '--inbound', '9');
    await waitFor(async () => (await bandwidth(HOST, uuid))[0] === LIMITED);
    put(before.replaceAll('1000', '2000'));
    await waitFor(() => said.includes('The files were read again: 2 hosts.'));
    await waitFor(async () => (await bandwidth(HOST, uuid))[0] === LIMITED.replaceAll('1000', '2000'));
    put(before);
    await waitFor(isLimited);
  });

  describe('while a job holds a VM', () => {
    const FASTER = LIMITED.replaceAll('1000', '2000');
    let beside = '';
    let before = '';
    const put = (text: string): void => {
      writeFileSync(`${playbookFile}.new`, text);
      renameSync(`${playbookFile}.new`, playbookFile);
    };
    beforeAll(async () => {
      beside = await guest(HOST, BESIDE, '--nic', bridgeNic(BESIDE_MAC));
      before = readFileSync(playbookFile, 'utf8');
      await waitFor(async () => (await bandwidth(HOST, beside))[0] === LIMITED);
    });
    afterAll(async () => {
      put(before);
      await waitFor(isLimited);
      await removeGuests(HOST, BESIDE);
    });

    it('limits the others of its host at once, and that one when the job has ended', async () => {
      const pid = (await onHost(DUMP, uuid)).trim();
      put(before.replaceAll('1000', '2000'));
      await waitFor(async () => (await bandwidth(HOST, beside))[0] === FASTER);
      await waitFor(() => said.includes('another job holds the VM: dump; libvirt lets nobody change the VM'));
      expect((await bandwidth(HOST, uuid))[0]).toBe(LIMITED);
      // The write did not wait for libvirt, which would for 30 seconds.
      for (const [, ms] of said.matchAll(/\((\d+) ms after files were read again\)/g))
        expect(Number(ms)).toBeLessThan(25_000);
      await onHost('kill $0', pid);
      await waitFor(async () => (await bandwidth(HOST, uuid))[0] === FASTER);
      put(before);
      await waitFor(isLimited);
    });

    it('limits the others at once while a migration hangs, and that one where it arrives', async () => {
      const addresses = await addressesOf([HOST, OTHER]);
      const key = readFileSync(join(LAB, 'id_ed25519'), 'utf8');
      // Whoever logs in there waits, and the migration with its job with him.
      const sshd = (signal: string) =>
        lab(['exec', OTHER, 'bash', '-c', `kill -${signal} $(cat /run/sshd.pid)`]);
      await sshd('STOP');
      const moved = lab(['exec', HOST, 'bash', '-ec', MIGRATE, uuid, addresses[OTHER] ?? ''], key);
      try {
        await onHost('until virsh -r domjobinfo $0 | grep -q migration; do sleep 0.05; done', uuid);
        put(before.replaceAll('1000', '2000'));
        await waitFor(async () => (await bandwidth(HOST, beside))[0] === FASTER);
        await waitFor(() => said.includes('another job holds the VM: outgoing migration;'));
        expect((await bandwidth(HOST, uuid))[0]).toBe(LIMITED);
      } finally {
        await sshd('CONT');
      }
      await moved;
      await waitFor(async () => (await bandwidth(OTHER, uuid))[0] === FASTER);
      await lab(['exec', OTHER, 'bash', '-ec', MIGRATE, uuid, addresses[HOST] ?? ''], key);
    });
  });

  it('goes on after libvirtd was killed', async () => {
    await onHost('kill -9 $(cat /run/libvirtd.pid); sleep 1; LC_ALL=C exec libvirtd -d');
    await waitFor(() => said.split('hv01: watched').length === 3);
    await virsh(HOST, 'domiftune', uuid, MAC, '--live', '--inbound', '8');
    await waitFor(async () => (await bandwidth(HOST, uuid))[0] === LIMITED);
  });

  it('leaves nothing on the host, killed or stopped in order', async () => {
    const listeners = () => onHost("pgrep -fc '^[^ ]+ monitor$' || true");
    await waitFor(async () => (await processes()) === 2 && Number(await listeners()) === 1);
    watch.child.kill('SIGKILL');
    await waitFor(async () => (await processes()) === 0 && Number(await listeners()) === 0);
    said = '';
    begin();
    await waitFor(() => said.includes('hv01: watched'));
    await watch.signal('SIGTERM');
    expect(await watch.ended).toMatchObject({ code: 0 });
    await waitFor(async () => (await processes()) === 0 && Number(await listeners()) === 0);
  });
});
