import { describe, expect, it } from 'vitest';
import { BecomeError } from '../../../src/connection/become/errors.ts';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { clockFinding, connected, connectFailure } from '../../../src/doctor/connection_findings.ts';
import { diagnose } from '../../../src/doctor/diagnose.ts';
import { parseDoctorAnswer } from '../../../src/doctor/examination.ts';
import { type Diagnosis, type HostDiagnosis, worst } from '../../../src/doctor/finding.ts';
import { bugsOf, isBefore } from '../../../src/doctor/known_bugs.ts';
import type { WriteTried } from '../../../src/doctor/libvirt_findings.ts';
import { writeProbe, writeRight } from '../../../src/doctor/write_probe.ts';
import type { StepOutcome } from '../../../src/libvirt/apply_answer.ts';
import { DOCTOR_PROGRAM, renderDoctor } from '../../../src/libvirt/doctor_script.ts';
import type { Domain, DomainState } from '../../../src/model/facts.ts';
import {
  diagnosisLines,
  diagnosisSummary,
  fleetLines,
  troubleLine,
} from '../../../src/report/doctor_text.ts';
import { blockWith } from '../docs/blocks.ts';

const MARK = `vt${'c'.repeat(24)}`;
const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';

/** The answer of a host in order, less or more some sections. */
function answer(changes: Readonly<Record<string, string>> = {}, before = ''): string {
  const xml = (type: string) =>
    `<domain type='qemu'>\n  <name>x</name>\n  <uuid>${UUID}</uuid>\n  <devices>\n    <interface type='${type}'>\n      <mac address='52:54:00:00:00:01'/>\n    </interface>\n  </devices>\n</domain>`;
  const kind = changes.nic ?? 'bridge';
  const sections: Record<string, string> = {
    begin: '',
    time: '1000',
    who: 'root\nroot wheel',
    login: 'ci:x:1000:1000::/home/ci:/bin/bash',
    kernel: 'Linux 6.1.0',
    tc: '/sbin/tc\ntc utility, iproute2-6.1.0',
    modules:
      '0\nsch_htb loaded\nsch_sfq builtin\ncls_fw available\nsch_ingress loaded\ncls_u32 loaded\nact_police loaded',
    ovs: '/usr/bin/ovs-vsctl\novs-vsctl (Open vSwitch) 3.1.0\nDB Schema 8.3.1\nbr-int',
    client: '9.0.0',
    version:
      'qemu:///system\n\nUsing library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.22\nRunning against daemon: 9.0.0',
    all: `${UUID} x`,
    transient: '',
    paused: '',
    shutoff: `${UUID} x`,
    other: '',
    saved: '',
    nets: '',
    listed: '',
    [`l:${UUID}`]: xml(kind),
    [`c:${UUID}`]: xml(kind),
    batch: '',
    end: '',
    ...changes,
  };
  delete sections.nic;
  return `${before}\n${Object.entries(sections)
    .map(([name, body]) => `${MARK}:${name}\n${body === '' ? '' : `${body}\n`}`)
    .join('')}`;
}

const job = { uri: 'qemu:///system' };
const visit = { refusal: null, asked: 999_500, answered: 1_001_000, write: 'vm' } as const;

function findings(changes: Readonly<Record<string, string>> = {}, before = '') {
  const stderr = `error: ${MARK}:d:${UUID}\n`;
  return diagnose(job, parseDoctorAnswer(MARK, answer(changes, before), stderr), visit);
}

const troubles = (found: ReturnType<typeof findings>) =>
  found
    .filter(({ status }) => status !== 'ok')
    .map(({ check, status, text }) => `${check} ${status}: ${text}`);

describe('the program', () => {
  it('means the same to every login shell within single quotes', () => {
    expect(DOCTOR_PROGRAM).not.toMatch(/['\\!\n\r]/);
  });

  it('connects read-only throughout', () => {
    const connections = [...DOCTOR_PROGRAM.matchAll(/\$V (-r )?-c/g)].map(([, readOnly]) => readOnly);
    expect(new Set(connections)).toEqual(new Set(['-r ']));
    expect(() => renderDoctor({ marker: MARK, uri: "qemu:///system'", keep: [] })).toThrow(TypeError);
  });
});

describe('the right to write', () => {
  const domain = (uuid: string, state: DomainState, persistent = true): Domain => ({
    ...{
      uuid,
      state,
      persistent,
      name: 'x',
      title: '',
      managedSave: false,
      parts: {},
    },
  });

  it('is tried on a VM that no job can hold, with a NIC that none has', () => {
    const other = UUID.replace(/^./, '7');
    const step = writeProbe([domain(other, 'running'), domain(UUID, 'shutoff'), domain(other, 'paused')]);
    expect(step).toEqual({
      uuid: UUID,
      commands: [['domiftune', UUID, 'ff:ff:ff:ff:ff:ff', '--config', '--inbound', '1']],
    });
    expect(writeProbe([domain(UUID, 'running', false), domain(other, 'running')]).uuid).toBe(other);
    expect(writeProbe([]).uuid).toMatch(/^[0-]+$/);
  });

  it.each<[StepOutcome, object | string]>([
    [
      {
        kind: 'virsh_failed',
        error:
          "Unable to set interface parameters: invalid argument: 'ff:ff:ff:ff:ff:ff' is not a known interface",
      },
      'vm',
    ],
    [{ kind: 'busy', error: 'Timed out during operation: cannot acquire state change lock' }, 'vm'],
    [{ kind: 'gone', error: "failed to get domain '00000000-0000-0000-0000-000000000000'" }, 'connection'],
    [
      { kind: 'no_rights', error: 'access denied' },
      { kind: 'no_rights', text: 'access denied' },
    ],
    [
      { kind: 'not_run', error: 'no script' },
      { kind: 'virsh_failed', text: 'no script' },
    ],
  ])('%j proves %j', (outcome, right) => {
    expect(writeRight(outcome)).toEqual(right);
  });
});

describe('a diagnosis', () => {
  it('of a host in order has no troubles', () => {
    expect(troubles(findings())).toEqual([]);
    expect(findings().map(({ check }) => check)).toContain('clock');
  });

  it.each<[WriteTried, string[]]>([
    ['checks', []],
    [
      { kind: 'no_rights', text: 'access denied' },
      ["write problem: this login may not change VMs, since libvirt's access rules forbid it: access denied"],
    ],
    [
      new BecomeError('become_refused', 'sudo does not allow it', 'ask'),
      ['write problem: sudo does not allow it'],
    ],
    ['not_tried', ['write unknown: not tried, since not even reading is allowed as in a run']],
    [
      'connection',
      [
        'write unknown: not proven: root may connect to write, but there is no VM with a configuration to try it on',
      ],
    ],
  ])('of a host where a change was asked for: %j', (write, expected) => {
    const found = diagnose(job, parseDoctorAnswer(MARK, answer(), `error: ${MARK}:d:${UUID}\n`), {
      ...visit,
      write,
    });
    expect(troubles(found)).toEqual(expected);
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'an older libvirt',
      { version: 'qemu:///system\nRunning hypervisor: QEMU 2.6.0\nRunning against daemon: 2.5.0' },
      ['libvirt warning: 2.5.0, QEMU 2.6.0 has bugs that matter'],
    ],
    [
      'a libvirt older than what is supported',
      {
        client: '4.0.0',
        version: 'qemu:///system\nRunning hypervisor: QEMU 2.11.0\nRunning against daemon: 4.0.0',
      },
      [
        'virsh warning: 4.0.0 is older than 4.5.0, the oldest release that virtune supports',
        'libvirt warning: 4.0.0, QEMU 2.11.0 is too old',
      ],
    ],
    [
      'a session',
      { version: 'qemu:///session\nRunning against daemon: 9.0.0', who: 'ci\nci' },
      ['uri problem: qemu:///session is a session: libvirt limits no running VM there'],
    ],
    ['no tc', { tc: '' }, ['tc problem: was not found: libvirt cannot limit anything without it']],
    [
      'modules that are missing',
      {
        modules:
          '0\nsch_htb loaded\nsch_sfq absent\ncls_fw loaded\nsch_ingress loaded\ncls_u32 loaded\nact_police absent',
      },
      ['kernel_modules problem: Linux 6.1.0 has no sch_sfq, act_police: limits of running VMs fail halfway'],
    ],
    [
      'modules that may not be loaded',
      {
        modules:
          '1\nsch_htb loaded\nsch_sfq available\ncls_fw loaded\nsch_ingress loaded\ncls_u32 loaded\nact_police loaded',
      },
      [
        'kernel_modules problem: Linux 6.1.0 has no sch_sfq (and may load none until it is started again): limits of running VMs fail halfway',
      ],
    ],
    [
      'modules that nobody knows',
      { modules: 'cat: no such file' },
      [
        'kernel_modules unknown: Linux 6.1.0 does not tell whether it has sch_htb, sch_sfq, cls_fw, sch_ingress, cls_u32, act_police',
      ],
    ],
    [
      'NICs without limits',
      { nic: 'user' },
      ['nics warning: 1 NIC (user 1), of which libvirt can limit 0: not those of type user'],
    ],
    ['a clock behind', { time: '699' }, ['clock warning: is 299 s behind this machine']],
    ['no clock', { time: 'date: not found' }, ['clock unknown: the host did not tell its time']],
  ])('%s', (_, changes, expected) => {
    expect(troubles(findings(changes))).toEqual(expected);
  });

  it('passes over what a profile prints, and says so', () => {
    const shell = findings({}, 'Welcome!\n').find(({ check }) => check === 'login_shell');
    expect(shell).toMatchObject({
      status: 'ok',
      text: '/bin/bash',
      notes: [expect.stringContaining('8 characters')],
    });
  });

  it('of a host without virsh', () => {
    const found = diagnose(
      job,
      parseDoctorAnswer(MARK, answer({ client: 'sh: virsh: not found', novirsh: '' }), ''),
      visit,
    );
    expect(troubles(found).slice(0, 2)).toEqual([
      'virsh problem: was not found',
      'libvirt unknown: without virsh',
    ]);
  });

  describe('where other words run virsh', () => {
    const contained = { ...job, virsh: 'docker exec nova_libvirt virsh' };
    const diagnosed = (changes: Readonly<Record<string, string>>, stderr = '') =>
      diagnose(contained, parseDoctorAnswer(MARK, answer(changes), stderr), visit);

    it('says which virsh it is, and leaves open what is not looked at', () => {
      const found = diagnosed({ nic: 'bridge', tc: '', ovs: '' }, `error: ${MARK}:d:${UUID}\n`);
      expect(found.find(({ check }) => check === 'virsh')?.text).toBe(
        '9.0.0, by docker exec nova_libvirt virsh',
      );
      expect(troubles(found)).toEqual([
        'tc unknown: tc does not answer on the host itself; libvirt uses the one of its container',
      ]);
    });

    it.each([
      [
        { client: 'sh: 1: docker: not found', nodocker: '' },
        /^docker, with which libvirt_virsh begins, was not found on the host/,
        /^install docker there, or correct libvirt_virsh: docker exec/,
      ],
      [
        { client: 'podman-x exec c virsh: 1: podman-x: Permission denied', nodocker: '' },
        /^docker, with which libvirt_virsh begins/,
        /^install docker there/,
      ],
      [
        { client: 'Error response from daemon: container 3f is not running', all: '' },
        /^docker exec nova_libvirt virsh did not run: .*is not running/,
        /docker ps -a/,
      ],
      [
        { client: 'exec failed: exec: "virsh": executable file not found in $PATH', all: '' },
        /did not run: .*executable file not found/,
        /correct libvirt_virsh/,
      ],
      [{ client: 'sudo: a password is required' }, /a password is required/, /try these words on the host/],
    ])('%j', (changes, text, fix) => {
      const said = `${changes.client}\n`;
      const cut = answer(changes).replace(new RegExp(`${MARK}:all\n[^]*${MARK}:end`), `${MARK}:end`);
      const [found] = diagnose(contained, parseDoctorAnswer(MARK, cut, said), visit).filter(
        ({ check }) => check === 'virsh',
      );
      expect(found).toMatchObject({
        status: 'problem',
        text: expect.stringMatching(text),
        fix: expect.stringMatching(fix),
      });
    });
  });

  it('reads as docs/doctor.md shows it', () => {
    const id = (number: number) => UUID.replace(/.$/, number.toString(16));
    const types = [['bridge', 'user'], ['bridge', 'user'], ...Array(10).fill(['bridge'])] as string[][];
    const described = types.map((nics, number) => {
      const inner = nics
        .map(
          (type, at) =>
            `<interface type='${type}'>\n<mac address='52:54:00:00:${at}0:0${number.toString(16)}'/>\n</interface>`,
        )
        .join('\n');
      return `<domain type='qemu'>\n<name>vm${number}</name>\n<uuid>${id(number)}</uuid>\n<devices>\n${inner}\n</devices>\n</domain>`;
    });
    const sections = described.flatMap((xml, number) => [
      [`l:${id(number)}`, xml],
      [`c:${id(number)}`, xml],
    ]);
    const nets = [1, 2, 3].map((number) => UUID.replace(/^./, String(number)));
    const networks = nets.map((net) => [
      `n:${net}`,
      `<network>\n<name>n</name>\n<uuid>${net}</uuid>\n</network>`,
    ]);
    const changes = {
      ...{ who: 'ci\nci', tc: '/sbin/tc\ntc utility, iproute2-6.1.0, libbpf 1.1.2', ovs: '' },
      modules:
        '0\nsch_htb loaded\nsch_sfq loaded\ncls_fw loaded\nsch_ingress loaded\ncls_u32 loaded\nact_police available',
      all: types.map((_, number) => `${id(number)} vm${number}`).join('\n'),
      shutoff: types.map((_, number) => `${id(number)} vm${number}`).join('\n'),
      nets: nets.join('\n'),
      [`l:${UUID}`]: '',
      [`c:${UUID}`]: '',
      ...Object.fromEntries([...sections, ...networks]),
      batch: '',
      end: '',
    };
    const target = { kind: 'ssh', host: 'hv02', address: 'hv02.example.net', port: 22, user: 'ci' };
    const told = types.map((_, number) => `error: ${MARK}:d:${id(number)}\n`).join('');
    const write = {
      kind: 'no_rights',
      text: 'failed to connect to the hypervisor: ... Permission denied',
    } as const;
    const host: HostDiagnosis = {
      ...{ name: 'hv02', address: 'hv02.example.net', status: 'problem', durationMs: 500 },
      findings: [
        ...connected(target as ConnectionTarget),
        ...diagnose(job, parseDoctorAnswer(MARK, answer(changes), told), { ...visit, write }),
      ],
    };
    const plain = (_: unknown, text: string) => text;
    const lines = [
      '$ virtune doctor hv02 -i inventory/',
      ...diagnosisLines(host, plain, false),
      diagnosisSummary({ hosts: [host] } as unknown as Diagnosis, plain),
    ];
    expect(`${lines.join('\n')}\n`).toBe(blockWith('doctor.md', 'may write'));
  });

  it('of an answer that ends early, after a refusal', () => {
    const refusal = new BecomeError('become_refused', 'no', 'remedy');
    const parsed = parseDoctorAnswer(MARK, answer().slice(0, 400), '');
    expect(
      diagnose(job, parsed, { ...visit, refusal }).map(({ check, status }) => `${check} ${status}`),
    ).toEqual(['become problem', 'login_shell problem']);
  });

  it('never takes what a VM is called for a part of the answer', () => {
    const name = `${UUID} ${MARK}x:tc`;
    expect(troubles(findings({ all: name, shutoff: name }))).toEqual([]);
  });
});

describe('where the way to a host ends', () => {
  const target = { kind: 'ssh', host: 'h', address: 'a', port: 22, user: 'u' } as ConnectionTarget;
  it.each([
    ['refused', ['reachable problem']],
    ['host_key_changed', ['reachable ok', 'host_key problem']],
    ['auth', ['reachable ok', 'host_key ok', 'authentication problem']],
    ['key_file', ['authentication problem']],
  ] as const)('%s', (code, expected) => {
    const found = connectFailure(target, new ConnectionError(code, 'm', 'h'));
    expect(found.map(({ check, status }) => `${check} ${status}`)).toEqual(expected);
  });
});

describe('small parts', () => {
  it('allows for the time that asking takes, and for the rest of a second', () => {
    const at = (time: number) => clockFinding(time, 100_900, 103_000).status;
    expect([95, 94, 108, 109].map(at)).toEqual(['ok', 'warning', 'ok', 'warning']);
  });

  it('compares versions as numbers', () => {
    expect([isBefore('9.0.0', '10.3.0'), isBefore('10.3.0', '10.3.0'), isBefore('12.4.0', '8.0.0')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(bugsOf('7.0.0', true).warnings).toHaveLength(1);
    expect(bugsOf('7.0.0', false)).toMatchObject({
      warnings: [],
      notes: [expect.stringContaining('12.4.0')],
    });
    expect(bugsOf('12.4.0', true)).toEqual({ warnings: [], notes: [] });
  });

  it('judges a host by its worst finding; what is unknown does no harm', () => {
    const of = (...statuses: ('ok' | 'warning' | 'problem' | 'unknown')[]) =>
      worst(statuses.map((status) => ({ check: 'tc', status, text: '' })));
    expect([of('ok', 'unknown'), of('unknown', 'warning'), of('problem', 'warning')]).toEqual([
      'ok',
      'warning',
      'problem',
    ]);
  });

  it('tells many hosts with the same problems once, each by its name', () => {
    const refused = (name: string) => ({
      check: 'reachable',
      status: 'problem',
      text: `${name} is down`,
      fix: 'x',
    });
    const hosts = Array.from({ length: 9 }, (_, index) => {
      const name = `hv${index + 1}`;
      const findings = index < 4 ? [{ check: 'tc', status: 'ok', text: name }] : [refused(name)];
      const status = index < 4 ? 'ok' : 'unreachable';
      return { name, address: name, status, durationMs: index, findings } as HostDiagnosis;
    });
    expect(fleetLines(hosts, (_, text) => text, undefined)).toEqual([
      'hv[1:4]: ok (4 hosts)',
      '',
      'hv[5:9]: unreachable (5 hosts)',
      '  problem  reachable       HOST is down',
      '                           → x',
      '',
    ]);
    expect(fleetLines(hosts.slice(4, 5), (_, text) => text, undefined).join('\n')).toContain('hv5 is down');
    expect(troubleLine(hosts[8]!, (_, text) => text)).toBe('! hv9: unreachable: reachable: hv9 is down');
    expect(troubleLine(hosts[0]!, (_, text) => text)).toBe('');
  });

  it('breaks between words on a terminal, below where the text begins', () => {
    const found = [
      {
        check: 'read',
        status: 'problem',
        notes: ['so many words that they do not fit on one line here'],
        text: 'the login may not read VMs: permission was denied',
        fix: 'add it to the group libvirt: sudo usermod',
      },
    ] as const;
    const host = { name: 'h', address: 'a', status: 'problem', durationMs: 1, findings: found } as const;
    const plain = (_: unknown, text: string) => text;
    const margin = ' '.repeat(27);
    expect(diagnosisLines(host, plain, false, 60)).toEqual([
      'h: problem 0.0 s',
      '  problem  may read        the login may not read VMs:',
      `${margin}permission was denied`,
      `${margin}note: so many words that they do`,
      `${margin}  not fit on one line here`,
      `${margin}→ add it to the group libvirt:`,
      `${margin}  sudo usermod`,
      '',
    ]);
    expect(fleetLines([host], plain, 60)).toContain(`${margin}permission was denied`);
  });

  it('shows nothing of a host that could steer a terminal', () => {
    const found = [
      { check: 'tc', status: 'problem', text: 'a\x1b[2J', fix: '\u202eb', notes: ['\x07'] },
    ] as const;
    const host = { name: 'h\x1b', address: 'a', status: 'problem', durationMs: 1, findings: found } as const;
    const lines = [
      ...diagnosisLines(host, (_, text) => text, true),
      ...fleetLines([host], (_, text) => text, 80),
      troubleLine(host, (_, text) => text),
    ];
    expect(lines.join('\n')).not.toMatch(/[\p{Cf}]|(?!\n)\p{Cc}/u);
  });
});
