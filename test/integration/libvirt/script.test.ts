import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { becomeCommand } from '../../../src/connection/become/become.ts';
import { blkioTuneFact } from '../../../src/facts/blkiotune.ts';
import { cpuTuneFact } from '../../../src/facts/cputune.ts';
import { disksFact } from '../../../src/facts/disks.ts';
import { memTuneFact } from '../../../src/facts/memtune.ts';
import { networksFact } from '../../../src/facts/networks.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { creationFact, novaFact } from '../../../src/facts/nova.ts';
import { partitionFact } from '../../../src/facts/partition.ts';
import { keepPaths } from '../../../src/facts/read.ts';
import { APPLY_PROGRAM, partsOf, renderApply } from '../../../src/libvirt/apply_script.ts';
import { KERNEL_WORDS } from '../../../src/libvirt/kernel_script.ts';
import { READ_PROGRAM, readLines, renderProgram, renderRead } from '../../../src/libvirt/script.ts';
import { WATCHDOG_PROGRAM } from '../../../src/libvirt/watchdog_script.ts';
import { keep } from '../../unit/facts/parse.ts';

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const request = { marker: 'vt0123', uri: 'qemu:///system', keep: keep({ metadata: true }) };

describe('the programs', () => {
  it.each([
    ['READ_PROGRAM', READ_PROGRAM],
    ['APPLY_PROGRAM', APPLY_PROGRAM],
    ['WATCHDOG_PROGRAM', WATCHDOG_PROGRAM],
  ])('%s means the same to every login shell within single quotes', (_name, program) => {
    expect(program).not.toMatch(/['\\!\n\r]/);
    // BSD's csh takes no longer word.
    expect(program.length).toBeLessThan(8185);
  });

  it('the reading one is short enough for dropbear with all that every module reads', () => {
    const paths = keepPaths([
      ...[nicsFact, networksFact, novaFact, creationFact, disksFact, partitionFact],
      ...[cpuTuneFact, memTuneFact, blkioTuneFact],
    ]);
    const kernel = KERNEL_WORDS;
    const line = renderRead({ marker: `vt${'0'.repeat(24)}`, uri: 'qemu:///system', keep: paths, kernel });
    // MAX_CMD_LEN of its sysoptions.h.
    expect(line.length).toBeLessThan(9000);
  });

  it('the reading one has no verb that writes, and connects read-only', () => {
    expect(READ_PROGRAM.match(/\$V /g)).toHaveLength(1);
    expect(READ_PROGRAM).toContain('$V -r -c "$u"');
    expect(READ_PROGRAM).not.toMatch(/domiftune|define|start|destroy|attach|update-device/);
  });

  it('takes no argument that a shell or virsh could read as anything but data', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = /^[A-Za-z0-9 ,.:;/@_=%+?&~-]*$/.test(text);
        if (safe) expect(renderProgram('x', [text])).toBe(`exec /bin/sh -c 'x' virtune '${text}'`);
        else expect(() => renderProgram('x', [text])).toThrow(TypeError);
      }),
    );
  });

  it('stays below what every server of SSH takes, however many steps there are', () => {
    const uuid = (i: number) => `6695eb01-f6a4-8304-79aa-${String(i).padStart(12, '0')}`;
    const command = ['domiftune', UUID, '52:54:00:00:00:01', '--live', '--config'];
    const long = [
      ...command,
      '--inbound',
      '4294967,4294967,4194303,4294967',
      '--outbound',
      '4294967,4294967,4194303',
    ];
    const steps = Array.from({ length: 500 }, (_, i) => ({
      uuid: uuid(i),
      commands: [long, long].map((words) => words.with(1, uuid(i))),
    }));
    const sums = new Map(steps.map((step) => [step.uuid, '4294967295:1048576']));
    const devices = new Map(
      Array.from({ length: 200 }, (_, i) => [
        `/dev/disk/by-id/wwn-0x5000c500a1b2${1000 + i}`,
        '1048576001048',
      ]),
    );
    const byPath = steps.map((step, i) => ({ ...step, paths: [[...devices.keys()][i % 200] as string] }));
    const [parts, again] = [
      [...partsOf(steps), ...partsOf(byPath)],
      partsOf(steps.map((step) => ({ ...step, commands: [] }))),
    ];
    expect([parts.flat(), again.length < parts.length]).toEqual([[...steps, ...byPath], true]);
    for (const part of [...parts, ...again]) {
      const line = renderApply({ ...request, marker: 'v'.repeat(26) }, part, { sums, devices });
      const become = { method: 'sudo', user: 'root', password: undefined } as const;
      expect(becomeCommand(line, become, 'v'.repeat(26), true).command.length).toBeLessThan(32_000);
    }
  });

  it('reads in as many lines as all that the rules ask for takes, each of such a length', () => {
    const devices = Array.from({ length: 900 }, (_, i) => `/dev/disk/by-id/${'nvme-eui.'.repeat(7)}${i}`);
    const named = Array.from({ length: 100 }, (_, i) => UUID.slice(0, -3) + (100 + i));
    const asked = { ...request, devices, kernel: KERNEL_WORDS };
    const { first, others } = readLines(asked, [UUID, UUID], named, () => 'v'.repeat(26));
    expect(others.length).toBeGreaterThan(3);
    for (const { line } of [first, ...others]) {
      const become = { method: 'sudo', user: 'root', password: undefined } as const;
      expect(becomeCommand(line, become, 'v'.repeat(26), true).command.length).toBeLessThan(32_000);
    }
    const told = [first, ...others].flatMap(({ line }) => line.match(/\/dev\/disk\/by-id\/nvme[^' ]+/g));
    expect(told).toEqual(devices);
  });
});

/** A stand-in for virsh that records its arguments and answers like one with a domain of a nasty name. */
const fakeVirsh = (descriptions: string) => `#!/bin/sh
printf '%s\\n' "$@" >> "$VIRSH_LOG"
printf 'run\\n' >> "$VIRSH_LOG"
for last in "$@"; do :; done
m=$(printf %s "$last" | sed -n 's/^.*echo \\(--err \\)\\{0,1\\}\\([^:;]*\\):.*/\\2/p' | head -n 1)
case $last in
*"list --all"*) printf '%s:all\\n${UUID} $(touch pwned) \\\\c "x"\\n\\n%s:transient\\n\\n%s:nets\\n\\n%s:listed\\n' "$m" "$m" "$m" "$m";;
*) ${descriptions}; printf '%s:batch\\n' "$m";;
esac
`;

/** What a section of it prints. */
const described = (section: string, devices = '') =>
  `printf '%s:${section}:${UUID}\\n' "$m"; cat <<'X'
<domain>
  <name>x</name>${devices}
</domain>
X
`;

const FAKE_VIRSH = fakeVirsh(`${described('l')}:`);

describe.each(['sh', 'dash', 'bash', 'zsh', 'fish', 'csh', 'tcsh', 'busybox'])('under %s', (shell) => {
  const present = spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0;
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-shell-'));
    writeFileSync(join(dir, 'virsh'), FAKE_VIRSH);
    chmodSync(join(dir, 'virsh'), 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const run = (rendered: string, input = 'not for us') => {
    // Watchdogs of other tests come and go meanwhile. No longer: BSD's csh takes no longer word.
    const command = rendered.replaceAll('/virtune-*/', '/nowhere-*/');
    const args = shell === 'busybox' ? ['sh', '-c', command] : ['-c', command];
    const env = { PATH: `${dir}:${process.env.PATH}`, HOME: dir, VIRSH_LOG: join(dir, 'log') };
    writeFileSync(env.VIRSH_LOG, '');
    // From a file, since a shell may end before it has read what comes by a pipe.
    writeFileSync(join(dir, 'input'), input);
    const stdin = openSync(join(dir, 'input'), 'r');
    const stdout = execFileSync(shell, args, {
      env,
      cwd: dir,
      encoding: 'utf8',
      stdio: [stdin, 'pipe', 'inherit'],
    });
    closeSync(stdin);
    return { stdout, log: execFileSync('cat', [env.VIRSH_LOG], { encoding: 'utf8' }) };
  };

  it.skipIf(!present)('the reading program runs two virsh processes and frames their answers', () => {
    const { stdout, log } = run(renderRead(request));
    expect(stdout.split('\n').filter((line) => line.startsWith('vt0123:'))).toEqual([
      'vt0123:begin',
      'vt0123:all',
      'vt0123:transient',
      'vt0123:nets',
      'vt0123:listed',
      `vt0123:l:${UUID}`,
      'vt0123:batch',
      'vt0123:end',
    ]);
    expect(log.match(/^run$/gm)).toHaveLength(2);
    expect(log).toContain(`dumpxml --inactive ${UUID}`);
    expect(log).not.toContain('touch');
    expect(stdout).toContain(`${UUID} $(touch pwned) \\c "x"`);
  });

  it.skipIf(!present)('lists networks only where something of theirs is kept', () => {
    const domains = request.keep.filter((path) => path.startsWith('domain/'));
    const { stdout, log } = run(renderRead({ ...request, keep: [...domains, 'domain/devices/network/x'] }));
    expect(stdout).toContain('vt0123:listed');
    expect(log).toContain('echo vt0123:nets;echo vt0123:listed');
    expect(log).not.toContain('net-list');
    expect(run(renderRead({ ...request, keep: ['network/name', ...domains] })).log).toContain('net-list');
    expect(run(renderRead(request)).log).toContain('net-list');
  });

  it.skipIf(!present)(
    'both run virsh by other words, and by no words that only begin as the default does',
    () => {
      const tool = join(dir, 'container-tool');
      writeFileSync(tool, '#!/bin/sh\n[ "$1 $2" = "exec nova_libvirt" ] || exit 1\nshift 2\nexec "$@"\n');
      chmodSync(tool, 0o755);
      const virsh = 'container-tool exec nova_libvirt virsh';
      const steps = [{ uuid: UUID, commands: [['domiftune', UUID, '52:54:00:00:00:01', '--live']] }];
      const plain = [renderRead(request), renderApply(request, steps)].map((command) => run(command));
      const contained = [renderRead({ ...request, virsh }), renderApply({ ...request, virsh }, steps)];
      expect(contained.map((command) => run(command))).toEqual(plain);
      rmSync(tool);
      expect(run(renderRead({ ...request, virsh }), '').stdout).toContain('vt0123:nocontainer-tool\n');
      const grown = renderRead(request).replace("' virtune '", "' 'virtune vt0 evil virsh' '");
      expect(run(grown)).toEqual(plain[0]);
    },
  );

  it.skipIf(!present)('asks tc of the devices that live descriptions name, in two processes', () => {
    const nics = ['vnet0', 'tap-1.a_b+c', 'a;reboot', 'a&quot; b', '-x', '@y', 'lo#', 'no-queue'].map(
      (dev) => `<interface type='bridge'><target dev='${dev}'/></interface>`,
    );
    const disk = "<disk><target dev='vda'/></disk><hostdev><target dev='vnet8'/></hostdev>";
    const live = described('l', `<devices>${nics.join('')}${disk}</devices>`);
    const config = described('c', "<devices><interface><target dev='vnet9'/></interface></devices>");
    writeFileSync(join(dir, 'virsh'), fakeVirsh(`${live}${config}:`));
    writeFileSync(
      join(dir, 'tc'),
      `#!/bin/sh
if [ "$1" = qdisc ]; then
for d in vnet0 tap-1.a_b+c vnet8 vnet9 vda; do echo "qdisc htb 1: dev $d root refcnt 2"; echo "qdisc ingress ffff: dev $d parent ffff:fff1 ---"; done
echo "qdisc htb 1: dev a;reboot root"
else echo "$*" >> "$VIRSH_LOG"; sed 's/.*/Object "&" is unknown/'; fi
`,
    );
    chmodSync(join(dir, 'tc'), 0o755);
    const { stdout, log } = run(renderRead({ ...request, kernel: ['tc', 'counters'] }));
    rmSync(join(dir, 'tc'));
    writeFileSync(join(dir, 'virsh'), FAKE_VIRSH);
    const [, said] = stdout.split('vt0123:k:tc\n');
    const asked = ['vnet0', 'tap-1.a_b+c'];
    expect(said?.replace(/^at \d+\.\d+$/m, 'at').split('\n')).toEqual([
      'ok',
      ...asked.flatMap((d) => [
        `qdisc htb 1: dev ${d} root refcnt 2`,
        `qdisc ingress ffff: dev ${d} parent ffff:fff1 ---`,
      ]),
      'at',
      ...asked.flatMap((d) =>
        [`@${d}`, `class show dev ${d}`, `@${d}`, `filter show dev ${d} ingress`].map(
          (line) => `Object "${line}" is unknown`,
        ),
      ),
      'vt0123:end',
      '',
    ]);
    expect(log.match(/^-s -force -b -$/gm)).toHaveLength(1);
    expect(log.match(/^run$/gm)).toHaveLength(2);
  });

  it.skipIf(!present)('asks tc of more devices than fit into one argument of a process', () => {
    const names = Array.from({ length: 9000 }, (_, i) => `tap-0123456${10_000 + i}`.slice(0, 15));
    const nics = names.map((dev) => `<interface type='bridge'><target dev='${dev}'/></interface>`).join('\n');
    writeFileSync(join(dir, 'virsh'), fakeVirsh(`${described('l', `<devices>${nics}</devices>`)}:`));
    const last = names.at(-1);
    writeFileSync(join(dir, 'tc'), `#!/bin/sh\n[ "$1" = qdisc ] && echo "qdisc htb 1: dev ${last} root"\n`);
    chmodSync(join(dir, 'tc'), 0o755);
    const { stdout } = run(renderRead({ ...request, kernel: ['tc'] }));
    rmSync(join(dir, 'tc'));
    writeFileSync(join(dir, 'virsh'), FAKE_VIRSH);
    expect(stdout).toContain(`vt0123:k:tc\nok\nqdisc htb 1: dev ${last} root\n`);
  });

  it.skipIf(!present)('says how asking tc went, and asks none where libvirt is another host’s', () => {
    const { stdout } = run(renderRead({ ...request, kernel: ['tc'] }));
    expect(stdout).toMatch(/vt0123:k:tc\n(absent|ok|failed)\n/);
    expect(run(renderRead({ ...request, uri: 'qemu+ssh://hv/system', kernel: ['tc'] })).stdout).not.toContain(
      'k:tc',
    );
    expect(run(renderRead(request)).stdout).not.toContain('k:tc');
  });

  it.skipIf(!present)('the writing program runs one, with the steps first', () => {
    const { stdout, log } = run(
      renderApply(request, [
        { uuid: UUID, commands: [['domiftune', UUID, '52:54:00:00:00:01', '--live', '--inbound', '1']] },
      ]),
    );
    expect(log.match(/^run$/gm)).toHaveLength(1);
    expect(log.indexOf('domiftune')).toBeLessThan(log.indexOf('dumpxml'));
    expect(stdout).toContain('vt0123:end');
  });
});
