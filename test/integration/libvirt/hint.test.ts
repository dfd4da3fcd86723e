import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReadAnswer } from '../../../src/libvirt/answer.ts';
import { FILTER_LISTS, LISTS_FIRST } from '../../../src/libvirt/filter_script.ts';
import { renderRead } from '../../../src/libvirt/script.ts';
import { sweep } from '../../sweep.ts';
import { factsIn, keep as keepFor } from '../../unit/facts/parse.ts';
import { hostileDomains } from './hostile.ts';

const M = 'vt0123456789abcdef01234567';
const KEEP = keepFor({ metadata: true });
const A = '11111111-f6a4-8304-79aa-97f2502e193f';
const B = '22222222-f6a4-8304-79aa-97f2502e193f';
const NET = '33333333-f6a4-8304-79aa-97f2502e193f';

const domain = (uuid: string, name = 'x') =>
  `<domain>\n  <name>${name}</name>\n  <uuid>${uuid}</uuid>\n</domain>\n`;
const network = `<network>\n  <name>net</name>\n  <uuid>${NET}</uuid>\n</network>\n`;
const mark = (name: string) => `${M}:${name}\n`;
const both = (name: string, live: string, config = live) =>
  `${mark(`l:${name}`)}${live}\n${mark(`c:${name}`)}${config}\n`;

/** All that one virsh process prints. */
const printed = (rows: readonly string[], described: string, nets: readonly string[] = []) =>
  [
    mark('all'),
    ...rows.map((row) => `${row}\n`),
    ...['transient', 'paused', 'shutoff', 'other', 'saved'].map((list) => `\n${mark(list)}`),
    `\n${mark('nets')}`,
    ...nets.map((uuid) => `${uuid}\n`),
    `\n${mark('listed')}`,
    described,
  ].join('');

const AWKS = ['mawk', 'gawk', 'gawk --posix', 'busybox awk', 'original-awk'];
const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command.split(' ')[0]}`]).status === 0;

describe.each(AWKS)('the filter with the lists first, in %s', (awk) => {
  const present = has(awk);

  function filter(text: string, without = '') {
    const program = `m=$1; ${FILTER_LISTS.replace('awk -v', `${awk} -v`)}; f "${LISTS_FIRST}" "$4" 4>&1 3>&2`;
    const { stdout, stderr } = spawnSync('sh', ['-c', program, 'virtune', M, '', KEEP.join(' '), without], {
      input: text,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: 1e9,
    });
    return { stdout, told: stderr.split('\n').filter((line) => line !== '') };
  }

  it.skipIf(!present)('reads what guesses describe as what the list names', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(hostileDomains({ minLength: 10, maxLength: 20 }), fc.boolean(), (domains, padded) => {
        const rows = domains.map(
          ({ uuid }, index) => `${uuid} ${padded ? `vm-${index}`.padEnd(30) : `vm-${index}`}`,
        );
        const described = domains.map(({ xml }, index) => both(`vm-${index}`, xml)).join('');
        const { stdout, told } = filter(printed(rows, described));
        expect(told.filter((line) => /^[@=]/.test(line))).toEqual([]);
        const facts = factsIn(M, `${mark('begin')}${stdout}${mark('end')}`, '');
        expect(facts.domains.map(({ uuid, name }) => ({ uuid, name }))).toEqual(
          domains.map(({ uuid, name }) => ({ uuid, name })),
        );
      }),
      sweep(30),
    );
  });

  const row = `${A} web`;
  it.skipIf(!present).each([
    ['nothing was guessed', [row], '', [`@${A}`]],
    ['it is described whole', [row], both('web', domain(A)), []],
    ['the name has another domain by now', [row], both('web', domain(B)), [`@${A}`]],
    ['the name changes hands between both', [row], both('web', domain(A), domain(B)), [`@${A}`]],
    [
      'both are there, with names exchanged',
      [row, `${B} db`],
      both('web', domain(B)) + both('db', domain(A)),
      [`@${A}`, `@${B}`],
    ],
    ['it went before it was described', [row], both('web', ''), [`@${A}`]],
    ['it went after half of it', [row], both('web', domain(A), ''), [`@${A}`]],
    ['the last one is cut off', [row], both('web', domain(A), domain(A).slice(0, -12)), [`@${A}`]],
    [
      'one before others is cut off',
      [row, `${B} db`],
      both('web', domain(A).slice(0, -12)) + both('db', domain(B)),
      [`@${A}`],
    ],
    ['its name is shown in another way', [`${A} 'web'`], both('web', domain(A)), [`@${A}`]],
    [
      'a name with a blank at its end looks like it',
      [row, `${B} web `],
      both('web', domain(A)),
      [`@${A}`, `@${B}`],
    ],
    ['a row is marked as not to be read', [`~${row}`], both('web', domain(A)), []],
    ['what was guessed is not listed', [row], both('db', domain(B)) + both('web', domain(A)), []],
    ['names hold what separates', [row, `${B} a<b <c`], both('web', domain(A)), [`@${B}`]],
    [
      'another element gives a UUID',
      [row],
      both('web', `<domain><metadata><uuid>${A}</uuid></metadata><uuid>${B}</uuid></domain>`),
      [`@${A}`],
    ],
  ] as const)('tells whom it does not have, where %s', (_where, rows, described, expected) => {
    const { stdout, told } = filter(printed(rows, described));
    expect(told).toEqual(expected);
    for (const line of rows) expect(stdout).toContain(`\n${line}\n`);
    const sections = stdout.split(`\n${M}:`).slice(1);
    expect(
      sections.filter((text) => /^[lc]:/.test(text)).every((text) => /^[lc]:[0-9a-f-]{36}\n/.test(text)),
    ).toBe(true);
    // None of what it takes for known is another domain's.
    const known = rows.map((line) => line.slice(0, 36)).filter((uuid) => !told.includes(`@${uuid}`));
    for (const uuid of known.filter((one) => one.startsWith('~') === false))
      for (const kind of 'lc') {
        const own = sections.findLast((text) => text.startsWith(`${kind}:${uuid}\n`));
        expect(own).toContain(`<uuid>${uuid}</uuid>`);
      }
  });

  it.skipIf(!present)('tells networks, and leaves out the domains that it is told of', () => {
    const rows = [row, `${B} db`];
    expect(filter(printed(rows, '', [NET]), `${A} ${NET}`).told).toEqual([`@${B}`, `=${NET}`]);
    expect(filter(printed([], `${mark('n:net')}${network}`, [NET])).told).toEqual([]);
    expect(filter(printed([], `${mark('n:net')}${network.slice(0, -12)}`, [NET])).told).toEqual([`=${NET}`]);
    expect(filter(printed([], mark('n:net'), [NET])).told).toEqual([`=${NET}`]);
    expect(filter('').told).toEqual([]);
    expect(filter(printed(rows, '').replace(mark('listed'), '')).told).toEqual([`@${A}`, `@${B}`]);
  });
});

/** Stands in for virsh: it lists two VMs and a network, and describes what it is asked for, one with a changed UUID. */
const VIRSH = `#!/bin/sh
echo run >> "$LOG"
for last in "$@"; do :; done
echo "$last" | tr ';' '\\n' | while read -r a b c d; do
echo "$a $b $c $d" >> "$LOG"
case $a in
list) [ "$b $c $d" != "--all --uuid --name" ] || { echo "${A} web-01"; echo "${B} strange one"; } ;;
net-list) echo ${NET} ;;
echo) if [ "$b" = --err ]; then echo "error: $c" >&2; else echo "$b"; fi; continue ;;
dumpxml) case "$b $c" in *web-01* | *${A}*) u=${A} ;; *${B}*) u=${B} ;; *) echo "error: failed to get domain '$b'" >&2; u= ;; esac
  [ -z "$u" ] || { echo "<domain>"; echo "<name>x</name>"; echo "<uuid>$u</uuid></domain>"; } ;;
net-dumpxml) echo "<network><name>net</name><uuid>${NET}</uuid></network>" ;;
esac
echo
done
`;

describe.each(['sh', 'dash', 'bash', 'busybox sh'])('under %s', (shell) => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-hint-'));
    writeFileSync(join(dir, 'virsh'), VIRSH);
    chmodSync(join(dir, 'virsh'), 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function read(
    files: readonly string[],
    { uri = 'qemu:///system', without = [] as string[], named = [] as string[] } = {},
  ) {
    for (const folder of ['run', 'etc']) rmSync(join(dir, folder), { recursive: true, force: true });
    for (const file of files) {
      mkdirSync(join(dir, file, '..'), { recursive: true });
      writeFileSync(join(dir, file), '');
    }
    const line = renderRead({ marker: M, uri, keep: KEEP }, without, named)
      .replace('exec /bin/sh', `exec ${shell}`)
      .replaceAll('/run/libvirt/', `${dir}/run/`)
      .replaceAll('/etc/libvirt/', `${dir}/etc/`);
    const env = { PATH: `${dir}:${process.env.PATH}`, LOG: join(dir, 'log') };
    writeFileSync(env.LOG, '');
    const { stdout, stderr } = spawnSync('sh', ['-c', line], { env, encoding: 'utf8' });
    const log = readFileSync(env.LOG, 'utf8').split('\n');
    const asked = log.flatMap((one) => /^(?:net-)?dumpxml (?:--inactive )?(\S+) *$/.exec(one)?.[1] ?? []);
    const left = new Map(without.map((uuid) => [uuid, 'hung']));
    return {
      runs: log.filter((one) => one === 'run').length,
      asked,
      stderr,
      answer: parseReadAnswer(M, stdout, stderr, left),
    };
  }
  const present = has(shell);
  const uuids = (answer: ReturnType<typeof read>['answer']) =>
    'error' in answer ? answer.error : answer.answer.described.map(({ uuid }) => uuid);

  it.skipIf(!present)('one process lists and describes what the folders name, one more the rest', () => {
    const none = read([]);
    expect([none.runs, uuids(none.answer)]).toEqual([2, [A, B]]);
    expect(none.asked).toEqual([A, A, B, B, NET]);
    const files = [
      'run/qemu/web-01.xml',
      'etc/qemu/web-01.xml',
      'run/network/net.xml',
      'etc/qemu/networks/net.xml',
    ];
    const most = read(files);
    expect([most.runs, uuids(most.answer)]).toEqual([2, [A, B]]);
    expect(most.asked).toEqual(['web-01', 'web-01', 'net', B, B]);
    expect(most.answer).toEqual(none.answer);
    expect(most.answer).toMatchObject({ answer: { networks: [{ name: [{ '#text': 'net' }] }] } });
  });

  it.skipIf(!present)('names are guessed that can be nothing else, and nothing where none may be', () => {
    const odd = [
      '1',
      '1a',
      '-r',
      '_x',
      '.x',
      'a b',
      'a;b',
      'a#b',
      'a$(id)',
      'a*',
      '*',
      "a'b",
      'a"b',
      'a\\b',
      'é',
      A,
      'abcdef01-f6a4-8304-79aa-97f2502e193f',
    ];
    const files = ['A', 'z.-_9', ...odd].flatMap((name) => [`run/qemu/${name}.xml`, `etc/qemu/${name}b.xml`]);
    const guessed = ['A', 'z.-_9', 'Ab', 'z.-_9b'];
    const { asked, answer } = read([...files, 'run/qemu/driver.pid', 'run/qemu/sub.xml/x']);
    expect(asked.filter((name) => name.length < 36)).toEqual(
      [...guessed, 'sub']
        .flatMap((name) => [name, name])
        .toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    );
    expect(uuids(answer)).toEqual([A, B]);
    for (const over of [
      { without: [B] },
      { named: ['web-01'] },
      { uri: 'qemu+tcp://hv/system' },
      { uri: 'qemu:///session' },
    ])
      expect(read(['run/qemu/web-01.xml'], over).asked).not.toContain('web-01');
  });
});

const order = ['A', 'sub', 'z.-_9', 'Ab', 'z.-_9b'];
