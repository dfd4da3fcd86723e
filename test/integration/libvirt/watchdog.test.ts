import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { becomeCommand } from '../../../src/connection/become/become.ts';
import { FILTER } from '../../../src/libvirt/filter_script.ts';
import { splitSections } from '../../../src/libvirt/sections.ts';
import { parseTrials } from '../../../src/libvirt/trials_answer.ts';
import { TRIALS } from '../../../src/libvirt/trials_script.ts';
import { parseArmAnswer, parseDropAnswer } from '../../../src/libvirt/watchdog_answer.ts';
import {
  entryParts,
  renderArm,
  renderDrop,
  type UndoEntry,
  WATCHDOG_PROGRAM,
  watchdogName,
} from '../../../src/libvirt/watchdog_script.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { filterOutput } from '../../../src/sim/filter.ts';
import { dueCommands } from '../../../src/sim/watchdog.ts';

const M = 'vt0123456789abcdef01234567';
const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const MAC = '52:54:00:00:00:01';
const NAME = watchdogName('20261126T003904123Z-1a2b3c4d', '0123456789abcdef');
const KEEP = [...new Set(MODULES.flatMap(({ watched }) => watched.keep))];
const lock = { owner: { user: 'me', machine: 'here', run: 'r1' }, waitSeconds: 1, deadlineSeconds: 60 };
const request = { marker: M, uri: 'qemu:///system', name: NAME, until: '2026-11-27T12:36:32.000Z' };

const nicEntry = (set: string, before: string): UndoEntry => ({
  uuid: UUID,
  of: { element: 'interface', key: `mac.address=${MAC}` },
  words: [{ name: 'inbound.average', set, before }],
  commands: [['domiftune', UUID, MAC, '--live', '--inbound', before || '0']],
});

describe('the program of the watchdog', () => {
  it('means the same to every login shell within single quotes', () => {
    expect(WATCHDOG_PROGRAM).not.toMatch(/['\\!\n\r]/);
  });

  it('knows its own text by its beginning and its end', () => {
    expect(WATCHDOG_PROGRAM).toMatch(/^LC_ALL=C.*:end"; :$/s);
  });

  it('stays below what every server of SSH takes, however many entries there are', () => {
    const uuid = (i: number) => `6695eb01-f6a4-8304-79aa-${String(i).padStart(12, '0')}`;
    const words = Array.from({ length: 20 }, (_, i) => ({
      name: `total_bytes_sec_max_length${i}`,
      set: '10000000000',
      before: '20000000000',
    }));
    const of = { element: 'disk' as const, key: 'target.dev=vda' };
    const disk = (i: number): UndoEntry => ({
      uuid: uuid(i),
      of,
      words,
      commands: [
        [
          'blkdeviotune',
          uuid(i),
          'vda',
          '--live',
          ...'--total-bytes-sec-max 20000000000 '.repeat(25).trim().split(' '),
        ],
      ],
    });
    const nothing = (i: number): UndoEntry => ({ uuid: uuid(i), of: null, words: [], commands: [] });
    for (const entry of [disk, nothing]) {
      const entries = Array.from({ length: 1000 }, (_, i) => entry(i));
      const parts = entryParts(entries);
      expect(parts.flat()).toEqual(entries);
      for (const part of parts) {
        const line = renderArm({ ...request, marker: 'v'.repeat(26), keep: KEEP, seconds: 300, lock }, part);
        const become = { method: 'sudo', user: 'root', password: undefined } as const;
        expect(becomeCommand(line, become, 'v'.repeat(26), true).command.length).toBeLessThan(32_000);
      }
    }
  });

  it('takes no word that would end an entry, and no command for another VM', () => {
    const arm = (entry: UndoEntry) => renderArm({ ...request, keep: KEEP, seconds: 300, lock }, [entry]);
    expect(() => arm(nicEntry('1 2', ''))).toThrow(TypeError);
    expect(() => arm(nicEntry('1~2', ''))).toThrow(TypeError);
    const of = { element: 'interface' as const, key: `mac.address=${MAC} x` };
    expect(() => arm({ ...nicEntry('1', ''), of })).toThrow(TypeError);
    expect(() => arm({ ...nicEntry('1', ''), commands: [['domiftune', 'other', MAC]] })).toThrow(TypeError);
    expect(() => renderDrop({ ...request, name: "virtune-'" })).toThrow(TypeError);
  });
});

/** `j` of the program, with a certain awk. */
function due(awk: string, described: string, undo: readonly string[]): readonly string[] {
  const define = /j\(\) \{.*?\}"; \}/s.exec(WATCHDOG_PROGRAM)?.[0].replaceAll('awk -v', `${awk} -v`);
  const script = `m=$1; ${define}; t=$(mktemp); printf "%s" "$2" >$t; cat | j $t; rm -f $t`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', script, 'virtune', M, undo.map((l) => `${l}\n`).join('')],
    {
      input: described,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    },
  );
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

/** A description as the filter of a host prints it. */
function described(xml: string, uuid = UUID): string {
  const text = `${M}:l:${uuid}\n${xml}\n`;
  const script = `m=$1; ${FILTER}; f 3>/dev/null`;
  const { stdout } = spawnSync('sh', ['-c', script, 'virtune', M, '', KEEP.join(' ')], {
    input: `${text}${M}:batch\n`,
    encoding: 'utf8',
  });
  expect(filterOutput([text, `${M}:batch\n`], M, KEEP.join(' ')).stdout.trim()).toBe(stdout.trim());
  return stdout;
}

const domain = (inside: string) => `<domain type='kvm' id='3'>\n  <name>a</name>\n${inside}\n</domain>`;
const nic = (mac: string, bandwidth: string) =>
  `<interface type='bridge'>\n<mac address='${mac}'/>\n<bandwidth>${bandwidth}</bandwidth>\n</interface>`;

const LINE = `${UUID} interface mac.address=${MAC} inbound.average=100~50 inbound.peak=~`;

const CASES: readonly (readonly [what: string, xml: string, lines: readonly string[], given: number])[] = [
  ['what the run has set', domain(nic(MAC, "\n<inbound average='100'/>\n")), [LINE], 1],
  ['what was before already', domain(nic(MAC, "\n<inbound average='50'/>\n")), [LINE], 0],
  ['what somebody else has set', domain(nic(MAC, "\n<inbound average='70'/>\n")), [LINE], 0],
  [
    'a number beside it that is not ours',
    domain(nic(MAC, "\n<inbound average='100' peak='9'/>\n")),
    [LINE],
    0,
  ],
  ['no limit, which nobody of us has set', domain(nic(MAC, '')), [LINE], 0],
  [
    'no limit, where the run takes it away first',
    domain(nic(MAC, '')),
    [`${LINE.replace('~50', '~50~')}~`],
    1,
  ],
  ['another NIC with those values', domain(nic('52:54:00:00:00:02', "<inbound average='100'/>")), [LINE], 0],
  [
    'its NIC beside another',
    domain(`${nic('52:54:00:00:00:02', "<inbound average='7'/>")}${nic(MAC, "<inbound average='100'/>")}`),
    [LINE],
    1,
  ],
  ['0, which is no limit', domain(nic(MAC, "<inbound average='0'/>")), [LINE.replace('100~50', '~50')], 1],
  [
    'a later entry for the same',
    domain(nic(MAC, "<inbound average='100'/>")),
    [LINE, LINE.replace('100~50', '70~60')],
    0,
  ],
  [
    'numbers of memory',
    domain("<memtune>\n<hard_limit unit='KiB'>5000</hard_limit>\n</memtune>"),
    [`${UUID} domain - hard_limit=5000~`],
    1,
  ],
  [
    'a quota that was taken away',
    domain('<cputune>\n<period>100000</period>\n<quota>-1</quota>\n</cputune>'),
    [`${UUID} domain - quota=~50000 period=~100000`],
    1,
  ],
  ...(['', 'global_'] as const).flatMap((of): (typeof CASES)[number][] => {
    const xml = (quota: number) =>
      domain(`<cputune>\n<${of}period>100000</${of}period>\n<${of}quota>${quota}</${of}quota>\n</cputune>`);
    const lines = [`${UUID} domain - ${of}quota=50000~ ${of}period=100000~`];
    return [
      [`a ${of}quota that the run has set`, xml(50_000), lines, 1],
      [`a ${of}quota that was given back, whose period stays in the description`, xml(-1), lines, 0],
    ];
  }),
  [
    'a disk',
    domain(
      "<disk type='file' device='disk'>\n<target dev='vda' bus='virtio'/>\n<iotune>\n  <total_bytes_sec>1000</total_bytes_sec>\n  <total_bytes_sec_max>7</total_bytes_sec_max>\n  <total_bytes_sec_max_length>1</total_bytes_sec_max_length>\n</iotune>\n</disk>",
    ),
    [`${UUID} disk target.dev=vda total_bytes_sec=1000~ total_bytes_sec_max_length=~`],
    1,
  ],
  [
    'a block device',
    domain(
      '<blkiotune>\n<device>\n<path>/dev/sda</path>\n<read_bytes_sec>9</read_bytes_sec>\n</device>\n</blkiotune>',
    ),
    [`${UUID} device path=/dev/sda read_bytes_sec=9~`],
    1,
  ],
  [
    'a block device that has nothing any more',
    domain('<blkiotune>\n</blkiotune>'),
    [`${UUID} device path=/dev/sda read_bytes_sec=~9`],
    1,
  ],
  [
    'a VM that is not there',
    domain(nic(MAC, "<inbound average='100'/>")),
    [LINE.replace(UUID, UUID.replace('6', '7'))],
    0,
  ],
];

/** The devices of a description stand in an element of their own. */
const whole = (xml: string) => xml.replace(/(<(interface|disk)[\s\S]*<\/\2>)/, '<devices>\n$1\n</devices>');

const AWKS = ['mawk', 'gawk', 'gawk --posix', 'busybox awk', 'original-awk'];

describe.each(AWKS)('what a watchdog gives back, by %s', (awk) => {
  const present = spawnSync('sh', ['-c', `command -v ${awk.split(' ')[0]}`]).status === 0;

  it.skipIf(!present).each(CASES)('%s', (_what, xml, lines, given) => {
    const text = described(whole(xml));
    const undo = lines.flatMap((line, index) => [line, `domiftune ${UUID} ${index}`]);
    const found = due(awk, text, undo);
    expect(found).toHaveLength(given);
    expect(found).toEqual(dueCommands(M, text, undo));
  });

  it.skipIf(!present)('is the same as on simulated hosts, whatever stands there', { timeout: 60_000 }, () => {
    const value = fc.constantFrom('', '0', '1', '50', '100', '-1', '17592186044415', '9007199254740991');
    const some = fc.record({
      average: value,
      peak: value,
      set: value,
      before: value,
      peaks: value,
      none: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(some, { minLength: 5, maxLength: 30 }), (all) => {
        const uuid = (i: number) => `6695eb01-f6a4-8304-79aa-${String(i).padStart(12, '0')}`;
        const attribute = (name: string, text: string) => (text === '' ? '' : ` ${name}='${text}'`);
        const text = all
          .map(({ average, peak }, i) => {
            const inbound = `<inbound${attribute('average', average)}${attribute('peak', peak)}/>`;
            return described(whole(domain(nic(MAC, inbound))), uuid(i)).replace(`${M}:batch`, '');
          })
          .join('');
        const undo = all.flatMap(({ set, before, peaks, none }, i) => [
          `${uuid(i)} interface mac.address=${MAC} inbound.average=${set}~${before}${none ? '~' : ''} inbound.peak=${peaks}~`,
          `domiftune ${uuid(i)}`,
        ]);
        expect(due(awk, text, undo)).toEqual(dueCommands(M, text, undo));
      }),
      { numRuns: 5 },
    );
  });
});

describe('what hosts answer', () => {
  const framed = (said: string) => `noise\n\n${M}:begin\n${said}${M}:end\n`;

  it.each([
    ['armed', `${M}:armed\n`, null],
    [
      'another that waits',
      `${M}:waits:${NAME}:${UUID}\n${M}:unarmed:waits\n`,
      { waits: new Map([[UUID, '20261126T003904123Z-1a2b3c4d']]) },
    ],
    ['a writer', `${M}:holder\n12 owner=a@b run=r\n\n${M}:locked\n`, { locked: 'a@b, run r' }],
    ['a reason', `${M}:unarmed:setsid\n`, { problem: expect.stringContaining('setsid') as string }],
    ['a reason that nobody knows', `${M}:unarmed:x\n`, { problem: 'it said: x' }],
  ])('arm: %s', (_what, said, expected) => {
    expect(parseArmAnswer(M, framed(said), '')).toEqual(expected);
  });

  it('an answer without its end is not believed', () => {
    expect(parseArmAnswer(M, `${M}:begin\n${M}:armed\n`, '')).toHaveProperty('problem');
    expect(parseDropAnswer(M, `${M}:begin\n${M}:dropped\n`, '')).toHaveProperty('problem');
  });

  it.each(['dropped', 'late', 'gone'] as const)('drop: %s', (word) => {
    expect(parseDropAnswer(M, framed(`${M}:${word}\n`), '')).toBe(word);
  });
});

describe('what is on trial on a host', () => {
  const entry = {
    run: '20261126T003904123Z-1a2b3c4d',
    until: request.until,
    uuid: UUID,
    element: 'interface',
    key: `mac.address=${MAC}`,
    words: [{ name: 'inbound.average', set: '100', before: '' }],
    clears: false,
  };

  it.each([
    ['one subject', [`${UUID} interface mac.address=${MAC} inbound.average=100~`], [entry]],
    [
      'of the VM itself, after it was cleared',
      [`${UUID} domain - hard_limit=5~7~`],
      [
        {
          ...entry,
          element: 'domain',
          key: '',
          words: [{ name: 'hard_limit', set: '5', before: '7' }],
          clears: true,
        },
      ],
    ],
    [
      'the later of two',
      [
        `${UUID} interface mac.address=${MAC} inbound.average=7~`,
        `${UUID} interface mac.address=${MAC} inbound.average=100~`,
      ],
      [entry],
    ],
    ['nothing, of which nothing is written yet', [`${UUID} - -`], []],
    [
      'nothing, where a later entry takes it back',
      [`${UUID} domain - hard_limit=5~7`, `${UUID} domain -`],
      [],
    ],
    ['nothing, of lines that are none', ['x', `${UUID} domain - hard_limit`, 'a b c d=1~2'], []],
  ])('%s', (_what, lines, expected) => {
    const body = [`until ${request.until} -`, ...lines].map((line) => `${line}\n`).join('');
    expect(parseTrials(splitSections(M, `${M}:begin\n${M}:w:/run/${NAME}/undo\n${body}${M}:end\n`))).toEqual(
      expected,
    );
  });

  it('is told by the program of a folder of the login itself', () => {
    const folder = mkdtempSync('/dev/shm/virtune-20261126T003904123Z-1a2b3c4d-test');
    try {
      const lines = [
        `until ${request.until} -`,
        '',
        `${UUID} domain - hard_limit=5~7`,
        `memtune ${UUID} --live`,
      ];
      for (const [name, text] of [
        ['undo', `${lines.join('\n')}\n`],
        ['done', ''],
        ['start', 'x\n'],
        ['pid', '1\n'],
      ] as const)
        writeFileSync(`${folder}/${name}`, text);
      const script = `m=${M}; echo "$m:begin"; ${TRIALS}; echo "$m:end"`;
      const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout).not.toMatch(/^[1x]$/m);
      expect(parseTrials(splitSections(M, stdout)).filter(({ words }) => words[0]?.set === '5')).toEqual([
        {
          ...entry,
          element: 'domain',
          key: '',
          words: [{ name: 'hard_limit', set: '5', before: '7' }],
        },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
