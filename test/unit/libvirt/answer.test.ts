import { describe, expect, it } from 'vitest';
import { hungDomain, parseReadAnswer } from '../../../src/libvirt/answer.ts';
import { parseApplyAnswer, START } from '../../../src/libvirt/apply_answer.ts';
import { rightsText } from '../../../src/libvirt/errors.ts';
import { attribute, child as childOf } from '../../../src/libvirt/xml.ts';
import { factsIn } from '../facts/parse.ts';

const M = 'vtmark';
const A = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const B = '11111111-f6a4-8304-79aa-97f2502e193f';

const xml = (uuid: string, id = " id='1'", average = 7) => `<domain type='kvm'${id}>
  <name>vm &amp; co</name>
  <uuid>${uuid}</uuid>
  <devices>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:01'/>
      <source bridge='br0'/>
      <bandwidth>
        <inbound average='${average}'/>
      </bandwidth>
    </interface>
  </devices>
</domain>
`;

const describe1 = (uuid: string, id?: string) =>
  `${M}:l:${uuid}\n${xml(uuid, id)}${M}:c:${uuid}\n${xml(uuid, '')}`;

const LISTS = ['transient', 'paused', 'shutoff', 'other', 'saved', 'nets'];

/** @param over `in`: the one list of those with a state in which the domain is */
function answer(over: { all?: string; in?: string; body?: string; end?: string } = {}): string {
  const lists = LISTS.map((list) => `${M}:${list}\n${list === over.in ? `${A} x\n` : ''}\n`).join('');
  const { all = `${A} vm & co\n`, body = describe1(A), end = `${M}:batch\n${M}:end\n` } = over;
  return `\n${M}:begin\n${M}:all\n${all}\n${lists}${M}:listed\n${body}${end}`;
}

function factsOf(stdout: string, stderr = '') {
  return factsIn(M, stdout, stderr);
}

function errorOf(stdout: string, stderr = '') {
  const read = parseReadAnswer(M, stdout, stderr);
  return 'error' in read ? read.error : null;
}

it('tells a refusal for want of rights as what it is, with libvirt’s words', () => {
  const words =
    "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'";
  expect(rightsText('change', words)).toBe(
    `this login may not change VMs, since polkit wants a password for that, and nobody is there to be asked: ${words}`,
  );
  expect(rightsText('read', 'access denied')).toMatch(
    /^this login may not read VMs, since libvirt's access rules/,
  );
  expect(rightsText('read', 'no')).toBe('this login may not read VMs: no');
});

describe('the answer to a read', () => {
  it('gives domains with both descriptions', () => {
    const [domain] = factsOf(answer()).domains;
    expect(domain).toMatchObject({ uuid: A, name: 'vm & co', state: 'running', persistent: true });
    expect(domain?.live?.[0]?.limits).toEqual({
      inbound: { average: 7, peak: 0, burst: 0, floor: 0 },
      outbound: null,
    });
    expect(domain?.config).toHaveLength(1);
  });

  it.each([
    ['paused', 'paused', true],
    ['transient', 'running', false],
    ['other', 'other', true],
  ])('knows a domain that is %s', (list, state, persistent) => {
    const [domain] = factsOf(answer({ in: list })).domains;
    expect(domain).toMatchObject({ state, persistent });
    expect(domain?.config === null).toBe(!persistent);
  });

  it('takes the live description without an id for one that is shut off', () => {
    const [domain] = factsOf(answer({ in: 'shutoff', body: describe1(A, '') })).domains;
    expect(domain).toMatchObject({ state: 'shutoff', live: null });
  });

  it('ignores what a profile printed before, forged frames too', () => {
    const noise = `Welcome!\nvtother:begin\n<domain><uuid>${B}</uuid></domain>\n`;
    expect(factsOf(noise + answer()).domains).toHaveLength(1);
  });

  it('leaves out a domain that vanished between the list and its description', () => {
    const stderr = `error: ${M}:d:${A}\nerror: ${M}:d:${B}\nerror: failed to get domain '${B}'\n\n`;
    const facts = factsOf(
      answer({ all: `${A} a\n${B} b\n`, body: `${describe1(A)}${M}:l:${B}\n${M}:c:${B}\n` }),
      stderr,
    );
    expect(facts.domains.map((d) => d.uuid)).toEqual([A]);
    expect(facts.unreadable).toEqual([]);
  });

  it('names a domain that could not be read', () => {
    const stderr = `error: ${M}:d:${A}\nerror: ${M}:d:${B}\nerror: internal error: oops\n`;
    const facts = factsOf(
      answer({ all: `${A} a\n${B} b\n`, body: `${describe1(A)}${M}:l:${B}\n${M}:c:${B}\n` }),
      stderr,
    );
    expect(facts.unreadable).toEqual([{ uuid: B, name: 'b', error: 'internal error: oops' }]);
  });

  it('takes the name from the description, not from the list', () => {
    expect(factsOf(answer({ all: `${A} ${'padded'.padEnd(30)}\n` })).domains[0]?.name).toBe('vm & co');
  });

  const row = ' vnet0   bridge   br0   virtio   52:54:00:00:00:01\n';
  it.each([
    ['as many', row, row, []],
    ['none', '', row, [A]],
    ['one more', row, row + row.toUpperCase(), [A]],
  ])('holds the number of NICs against what virsh counts: %s', (_what, live, config, unreadable) => {
    const head = ' Interface   Type   Source   Model   MAC\n----------------\n';
    const counts = `${M}:i:l:${A}\n${head}${live}\n${M}:i:c:${A}\n${head}${config}\n`;
    const facts = factsOf(answer({ end: `${M}:batch\n${counts}${M}:batch\n${M}:end\n` }));
    expect(facts.unreadable.map(({ uuid }) => uuid)).toEqual(unreadable);
    expect(facts.domains).toHaveLength(1 - unreadable.length);
    for (const { error } of facts.unreadable) expect(error).toMatch(/1 NIC, and virsh domiflist counts [02]/);
  });

  it('does not take one domain for another', () => {
    const body = `${describe1(A)}${M}:l:${B}\n${xml(A)}${M}:c:${B}\n${xml(A)}`;
    const facts = factsOf(answer({ all: `${A} a\n${B} b\n`, body }));
    expect(facts.domains.map(({ uuid }) => uuid)).toEqual([A]);
    expect(facts.unreadable[0]).toMatchObject({ uuid: B, error: expect.stringContaining(A) });
  });

  it('reads a host without domains', () => {
    expect(factsOf(answer({ all: '', body: '' })).domains).toEqual([]);
  });
});

describe('an answer that cannot be trusted', () => {
  it.each([
    ['nothing', '', '', 'no_answer'],
    ['a shell that refuses', 'This account is currently not available.\n', '', 'no_answer'],
    ['no virsh', `\n${M}:begin\n${M}:novirsh\n`, '', 'no_virsh'],
    ['no docker', `\n${M}:begin\n${M}:nodocker\n`, '', 'no_virsh'],
    ...[
      ['Error response from daemon: No such container: nova_libvirt', 'no_container'],
      ['Error response from daemon: container 3f2a is not running', 'no_container'],
      ['Error: No such container: nova_libvirt', 'no_container'],
      [
        'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
        'no_container',
      ],
      ['permission denied while trying to connect to the Docker daemon socket', 'no_container'],
      ['Error: no container with name or ID "nova_libvirt" found: no such container', 'no_container'],
      [
        'Error: can only create exec sessions on running containers: container state improper',
        'no_container',
      ],
      ["chroot: cannot change root directory to '/srv/x': No such file or directory", 'no_container'],
      ['nsenter: cannot open /proc/4711/ns/mnt: No such file or directory', 'no_container'],
      ["chroot: failed to run command 'virsh': No such file or directory", 'no_virsh'],
      ["env: 'virsh': No such file or directory", 'no_virsh'],
      ['nsenter: failed to execute virsh: No such file or directory', 'no_virsh'],
      [
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "virsh": executable file not found in $PATH: unknown',
        'no_virsh',
      ],
      ['sudo: a password is required', 'virsh_failed'],
    ].flatMap(([said = '', kind = '']) => [
      [`on stderr: ${said}`, `\n${M}:begin\n\n${M}:end\n`, `\n${said}\n`, kind],
      // As docker does where the runtime refuses.
      [`on stdout: ${said}`, `\n${M}:begin\n${said}\n${M}:end\n`, '\n', kind],
    ]),
    ['no end', answer({ end: '' }), '', 'cut'],
    ...['all', ...LISTS].map((list) => [
      `no list ${list}`,
      answer().replace(`${M}:${list}\n`, ''),
      '',
      'garbled',
    ]),
    ['a list twice', answer().replace(`${M}:paused\n`, `${M}:paused\n\n${M}:paused\n`), '', 'garbled'],
    ['a domain that is described and not listed', answer({ all: '' }), '', 'garbled'],
    ['a description missing without a word', answer({ all: `${A} a\n${B} b\n` }), '', 'cut'],
    [
      'streams that were merged',
      `${answer({ body: `error: ${M}:d:${A}\n${describe1(A)}` })}`,
      '',
      'merged_streams',
    ],
    [
      'no libvirtd',
      `\n${M}:begin\n\n${M}:end\n`,
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/libvirt-sock-ro': No such file or directory\n",
      'no_libvirtd',
    ],
    [
      'no rights',
      `\n${M}:begin\n\n${M}:end\n`,
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/libvirt-sock-ro': Permission denied\n",
      'no_rights',
    ],
  ])('%s', (_name, stdout, stderr, kind) => {
    expect(errorOf(stdout, stderr)?.kind).toBe(kind);
  });

  it('is told once where two processes say the same', () => {
    const said = 'Error response from daemon: No such container: nova_libvirt\n';
    expect(errorOf(`\n${M}:begin\n\n${M}:end\n`, `\n${said}${said}`)?.message).toBe(said.trim());
  });

  it('is noticed wherever it is cut, or the facts are the same', () => {
    const whole = answer({ all: `${A} a\n${B} b\n`, body: describe1(A) + describe1(B) });
    const facts = JSON.stringify(factsOf(whole));
    for (let length = 0; length < whole.length; length++) {
      const read = parseReadAnswer(M, whole.slice(0, length), '');
      if (!('error' in read)) expect(JSON.stringify(factsOf(whole.slice(0, length)))).toBe(facts);
    }
  });

  it('names a domain whose XML is broken', () => {
    const broken = `${describe1(A)}${M}:l:${B}\n<domain><name>b</nam></domain>\n${M}:c:${B}\n${xml(B)}`;
    const facts = factsOf(answer({ all: `${A} a\n${B} b\n`, body: broken }));
    expect(facts.domains.map((d) => d.uuid)).toEqual([A]);
    expect(facts.unreadable[0]).toMatchObject({ uuid: B, error: expect.stringMatching(/not well-formed/) });
  });
});

describe('the answer to a write', () => {
  const stdout = `\n${M}:begin\n${describe1(A)}${M}:batch\n${M}:end\n`;
  const mark = (id: string | number) => `error: ${M}:s:${id}\n`;
  const dump = `error: ${M}:d:${A}\n`;

  it('tells each step apart', () => {
    const stderr = `${mark(0)}${mark(1)}error: Unable to set interface parameters\nerror: Child process (tc …) failed\n\n${mark(2)}error: Unable to set interface parameters\nerror: Timed out during operation: cannot acquire state change lock (held by x)\n${mark('done')}${dump}`;
    const { steps, described, error } = parseApplyAnswer(M, 3, stdout, stderr);
    expect(steps).toEqual([
      { kind: 'ok', error: '' },
      { kind: 'virsh_failed', error: 'Unable to set interface parameters: Child process (tc …) failed' },
      { kind: 'busy', error: expect.stringContaining('state change lock') },
    ]);
    const nic = childOf(childOf(described[0]?.live, 'devices'), 'interface');
    expect(attribute(childOf(childOf(nic, 'bandwidth'), 'inbound'), 'average')).toBe('7');
    expect(error).toBeNull();
  });

  it('names the job of each VM that libvirt lets nobody change, where that was told', () => {
    const held = `${M}:x:j:${A}:Outgoing_migration\n${M}:x:j:${B}:Start\n${M}:x:j:C:\n${M}:x:D\n`;
    const { inJob, stale } = parseApplyAnswer(M, 1, `\n${M}:begin\n${held}${M}:end\n`, '');
    expect([...inJob]).toEqual([
      [A, 'outgoing migration'],
      [B, START],
      ['C', ''],
    ]);
    expect([...stale]).toEqual(['D']);
  });

  it('takes a step whose end was not seen neither for done nor for not begun', () => {
    const { steps } = parseApplyAnswer(M, 2, '', mark(0));
    expect(steps.map((step) => step.kind)).toEqual(['lost', 'lost']);
  });

  it.each([
    ['nothing at all', '', '', 'lost'],
    ['an answer without errors, marks or an end', `\n${M}:begin\n`, '', 'lost'],
    ['a whole answer whose marks were lost', stdout, '', 'lost'],
    ['a shell that refuses', 'This account is currently not available.\n', '', 'not_run'],
    ['no virsh', `\n${M}:begin\n${M}:novirsh\n`, '', 'not_run'],
    [
      'no container',
      `\n${M}:begin\n${M}:end\n`,
      'Error response from daemon: No such container: nova_libvirt\n',
      'not_run',
    ],
  ])('says of a step after %s whether it can have run', (_name, out, err, kind) => {
    expect(parseApplyAnswer(M, 1, out, err).steps[0]?.kind).toBe(kind);
  });

  const failed = 'error: Unable to set interface parameters\n';
  const eof = 'error: End of file while reading data: Input/output error\n';
  const child = (text: string) =>
    `${failed}error: internal error: Child process (tc class add dev vnet0) unexpected exit status 2: ${text}\n`;

  it.each([
    ['words of access printed by tc', child('RTNETLINK answers: Permission denied'), 'virsh_failed'],
    ['words of a lock printed by tc', child('cannot acquire state change lock'), 'virsh_failed'],
    ['a missing domain printed by tc', child('Domain not found'), 'virsh_failed'],
    [
      'a second line of tc',
      child('x\nerror: Domain not found: no domain with matching uuid'),
      'virsh_failed',
    ],
    ['a refused connection printed by tc', child('Connection refused'), 'virsh_failed'],
    [
      'a file that cannot be written',
      `${failed}error: cannot create '/run/x': Permission denied\n`,
      'virsh_failed',
    ],
    [
      'another daemon',
      `${failed}error: Failed to connect socket to 'virtnetworkd': Connection refused\n`,
      'virsh_failed',
    ],
    [
      'libvirtd killed',
      `error: Disconnected from qemu:///system due to end of file\n${failed}${eof}`,
      'lost',
    ],
    ['libvirtd killed, without more', failed + eof, 'lost'],
    [
      'libvirtd gone',
      "error: Failed to reconnect to the hypervisor\nerror: Failed to connect socket to 'x': Connection refused\n",
      'no_libvirtd',
    ],
    [
      'libvirtd gone before, which virsh tells of only now',
      "error: Disconnected from qemu:///system due to end of file\nerror: Failed to reconnect to the hypervisor\nerror: Failed to connect socket to 'x': Connection refused\n",
      'no_libvirtd',
    ],
    [
      'libvirtd going, before anything was sent',
      'error: Failed to reconnect to the hypervisor\nerror: Cannot recv data: Connection reset by peer\n',
      'no_libvirtd',
    ],
    [
      'libvirtd going, which virsh tells of only now',
      'error: Disconnected from qemu:///system due to end of file\nerror: Failed to reconnect to the hypervisor\nerror: End of file while reading data: Input/output error\n',
      'no_libvirtd',
    ],
    [
      'libvirtd going, and then in the middle of a second command',
      `error: Failed to reconnect to the hypervisor\nerror: Cannot recv data: Connection reset by peer\n${failed}${eof}`,
      'lost',
    ],
    [
      'libvirtd gone before, and then in the middle of a second command',
      `error: Disconnected from qemu:///system due to end of file\nerror: Failed to reconnect to the hypervisor\nerror: Failed to connect socket to 'x': Connection refused\n${failed}${eof}`,
      'lost',
    ],
    [
      'a connection lost, and nothing more',
      'error: Disconnected from qemu:///system due to end of file\n',
      'lost',
    ],
    ['libvirtd back', 'error: Reconnected to the hypervisor\n', 'ok'],
    ['libvirtd back, then a failure', `error: Reconnected to the hypervisor\n${child('x')}`, 'virsh_failed'],
    ['an access driver', `${failed}error: access denied\n`, 'no_rights'],
  ])('tells %s by what libvirt itself says', (_name, text, kind) => {
    const stderr = `${mark(0)}${text}${mark('done')}${dump}`;
    expect(parseApplyAnswer(M, 1, stdout, stderr).steps[0]?.kind).toBe(kind);
  });

  it('takes a further step of a VM for held back only where the first met an error', () => {
    const of = (text: string) =>
      parseApplyAnswer(M, 2, stdout, `${mark(0)}${text}${mark('half')}${mark('done')}`, [0, 0]).steps[1];
    expect(of(failed)?.kind).toBe('not_run');
    expect(of('')?.kind).toBe('lost');
  });

  it('finds the marks where both streams have become one', () => {
    const { steps } = parseApplyAnswer(M, 1, `${mark(0)}${mark('done')}${stdout}`, '');
    expect(steps).toEqual([{ kind: 'ok', error: '' }]);
  });

  it('does not take an error of the read-back for one of the last step', () => {
    const stderr = `${mark(0)}${mark('done')}${dump}error: failed to get domain '${A}'\n`;
    const { steps, described } = parseApplyAnswer(
      M,
      1,
      `\n${M}:begin\n${M}:l:${A}\n${M}:c:${A}\n${M}:batch\n${M}:end\n`,
      stderr,
    );
    expect(steps).toEqual([{ kind: 'ok', error: '' }]);
    expect(described).toEqual([]);
  });
});

describe('the VM that an answer has hung at', () => {
  const UUID_ASKED = '11111111-2222-4333-8444-555555555555';
  const list = `\nmark:begin\nmark:all\n${UUID_ASKED} web\n`;

  it.each(['d:', 'd:i:', 'd:q:'])('is that of the last mark, %s', (mark) => {
    const end = mark === 'd:q:' ? ':vda' : '';
    const stderr = `error: mark:d:99999999-2222-4333-8444-555555555555\nerror: mark:${mark}${UUID_ASKED}${end}\n`;
    expect(hungDomain('mark', list, stderr)).toBe(UUID_ASKED);
  });

  it('is none where another thing was asked about, or none that is listed', () => {
    expect(hungDomain('mark', list, 'error: mark:n:1\n')).toBeNull();
    const other = 'error: mark:d:q:99999999-2222-4333-8444-555555555555:vda\n';
    expect(hungDomain('mark', list, other)).toBeNull();
  });
});
