import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, lab, type Played, play, removeGuests, virsh, write } from './lab.ts';

/**
 * What others do to a VM of a real libvirt between virtune's read and its write, or right after the write: a virsh on
 * the host that acts for them once. Judged by plain virsh.
 */
describe.skipIf(LAB === '')('a VM that others act on while it is limited', { concurrent: false }, () => {
  const HOST = 'hv03';
  const NAME = 'mw-guest';
  const MAC = '52:54:00:dd:0a:01';
  const WANTED = { inbound: 1000, outbound: 500 };
  const inHost = (script: string, ...args: string[]) => lab(['exec', HOST, 'bash', '-ec', script, ...args]);

  /** Runs `before` ahead of the first writing virsh for that VM, and `after` between its commands and its read-back. */
  const WRAPPER = `#!/bin/sh
d=/run/lab/meanwhile
act() { mv $d/$1 $d/now 2>/dev/null && sh $d/now >/dev/null 2>&1 </dev/null; }
case "$1 $3" in "-c "*"domiftune $(cat $d/uuid 2>/dev/null || echo none)"*) ;; *) exec $d/virsh "$@" ;; esac
act before
[ -e $d/after ] || exec $d/virsh "$@"
head=\${3%%:s:done*}; head=\${head%;*}
$d/virsh -c "$2" "$head"
act after
exec $d/virsh -c "$2" "\${3#"$head;"}"
`;

  let uuid = '';

  beforeAll(async () => {
    await removeGuests(HOST, 'mw-');
    await lab(
      [
        ...['exec', HOST, 'bash', '-ec'],
        `d=/run/lab/meanwhile; mkdir -p $d; v=$(readlink -f /usr/bin/virsh); cp $v $d/virsh; cat >$d/wrapper; chmod 755 $d/wrapper
        mount --bind $d/wrapper $v`,
      ],
      WRAPPER,
    );
  });

  afterAll(async () => {
    await inHost('umount -l $(readlink -f /usr/bin/virsh); rm -rf /run/lab/meanwhile');
    await removeGuests(HOST, 'mw-');
  });

  beforeEach(() => removeGuests(HOST, 'mw-'));

  const define = async (...options: string[]) => {
    uuid = await guest(HOST, NAME, ...options, '--nic', bridgeNic(MAC));
    await inHost('rm -f /run/lab/meanwhile/{before,after}; echo $0 >/run/lab/meanwhile/uuid', uuid);
  };

  const act = (when: 'before' | 'after', script: string) =>
    inHost('printf %s "$1" >/run/lab/meanwhile/$0', when, script);

  const limit = (rule: object = {}, ...args: string[]): Promise<Played> =>
    play(write({ rules: [{ domain: NAME, ...WANTED, ...rule }] }, { hosts: HOST }), ...args);

  /** Averages by plain virsh. */
  const averages = async (flag: '--live' | '--config') => {
    const text = await virsh(HOST, 'domiftune', uuid, MAC, flag);
    const of = (name: string) => Number(new RegExp(`${name}\\.average: *(\\d+)`).exec(text)?.[1]);
    return { inbound: of('inbound'), outbound: of('outbound') };
  };

  const state = async () => [
    (await virsh(HOST, 'domstate', uuid)).trim(),
    /Persistent: *(\w+)/.exec(await virsh(HOST, 'dominfo', uuid))?.[1],
  ];

  it('started: has both states as declared', async () => {
    await define('--off');
    await act('before', `virsh start --paused ${uuid}`);
    const { code, nics } = await limit();
    expect(await state()).toEqual(['paused', 'yes']);
    expect([await averages('--live'), await averages('--config')]).toEqual([WANTED, WANTED]);
    expect([code, nics.map(({ status }) => status)]).toEqual([0, ['changed']]);
    expect(nics[0]).toMatchObject({
      domain: { state: 'paused' },
      notes: ['the VM was started while the run was under way'],
    });
  });

  it('stopped: has its configuration as declared', async () => {
    await define();
    await act('before', `virsh destroy ${uuid}`);
    const { code, nics } = await limit();
    expect(await state()).toEqual(['shut off', 'yes']);
    expect(await averages('--config')).toEqual(WANTED);
    expect([code, nics.map(({ status }) => status)]).toEqual([0, ['changed']]);
    expect(nics[0]).toMatchObject({
      domain: { state: 'shutoff' },
      notes: ['the VM was stopped while the run was under way'],
      after: { live: null },
    });
  });

  it('undefined: has its running NIC as declared', async () => {
    await define();
    await act('before', `virsh undefine ${uuid}`);
    const { code, nics } = await limit();
    expect(await state()).toEqual(['paused', 'no']);
    expect(await averages('--live')).toEqual(WANTED);
    expect([code, nics.map(({ status }) => status)]).toEqual([0, ['changed']]);
    expect(nics[0]).toMatchObject({
      domain: { persistent: false },
      notes: [expect.stringMatching(/^the VM was undefined while the run was under way/)],
      after: { config: null },
    });
  });

  it('limited by somebody else right after the write: is told as it is, and left', async () => {
    await define();
    await act('after', `virsh domiftune ${uuid} ${MAC} --live --inbound 77`);
    const { code, nics } = await limit();
    expect([await averages('--live'), await averages('--config')]).toEqual([
      { ...WANTED, inbound: 77 },
      WANTED,
    ]);
    expect([code, nics.map(({ status }) => status)]).toEqual([3, ['failed']]);
    expect(nics[0]?.reason).toBe(
      'another run or person set other limits while this run was under way, which were left as they are: live: receives at most 616 kbit/s',
    );
  });

  it('limited by somebody else in the state that was right: is told as it is, and left', async () => {
    await define();
    expect((await limit({ apply_to: 'config' })).code).toBe(0);
    await act('before', `virsh domiftune ${uuid} ${MAC} --config --outbound 77`);
    const { code, nics } = await limit();
    expect([await averages('--live'), await averages('--config')]).toEqual([
      WANTED,
      { ...WANTED, outbound: 77 },
    ]);
    expect([code, nics.map(({ status }) => status)]).toEqual([3, ['failed']]);
    expect(nics[0]?.reason).toMatch(
      /^another run or person set other limits .*: persistent: sends at most 616 kbit\/s$/,
    );
  });
});
