import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASK_STATES, IN_JOB, STARTING } from '../../../src/libvirt/job_script.ts';

/** What a host makes of libvirt's words about jobs (as libvirt 9.0.0 prints them), under several awks. */

const M = 'vt0123456789abcdef01234567';
const uuid = (index: number) => `6695eb01-f6a4-8304-79aa-${String(index).padStart(12, '0')}`;
const job = (type: string, operation = '') =>
  `Job type:         ${type.padEnd(12)}\n${operation === '' ? '' : `Operation:        ${operation.padEnd(12)}\n`}\n`;

/** A virsh that knows a VM's answers, one after the other, and may hang instead of answering for one. */
const fake = (answers: readonly string[], hangsAt = -1) => `#!/bin/sh
for last in "$@"; do :; done
printf '%s\\n' "$last" >"$LOG"
${answers
  .map(
    (answer, index) => `echo ${M}:j:${uuid(index)}
${index === hangsAt ? 'echo running; exec sleep 30' : `cat <<'X'\n${answer}X`}`,
  )
  .join('\n')}
echo ${M}:j:
`;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-job-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function told(awk: string, answers: readonly string[], hangsAt = -1): string {
  writeFileSync(join(dir, 'virsh'), fake(answers, hangsAt));
  chmodSync(join(dir, 'virsh'), 0o755);
  const touched = answers.map((_, index) => `${uuid(index)}:123`).join(' ');
  const short = IN_JOB.replace('timeout 5', 'timeout 1').replace('awk -v', `${awk} -v`);
  const program = `LC_ALL=C; export LC_ALL; m=$1 u=qemu:///system V=virsh z=$2; ${short}; j`;
  const { stdout, stderr } = spawnSync('sh', ['-c', program, 'virtune', M, touched], {
    encoding: 'utf8',
    env: { PATH: `${dir}:${process.env.PATH}`, LOG: join(dir, 'log') },
  });
  expect(stderr).toBe('');
  return stdout.trim();
}

describe.each(['mawk', 'gawk', 'gawk --posix', 'busybox awk', 'original-awk'])('in %s', (awk) => {
  const present = spawnSync('sh', ['-c', `command -v ${awk.split(' ')[0]}`]).status === 0;

  it.skipIf(!present)('names VMs that libvirt lets nobody change, with what is done to them', () => {
    const answers = [
      `running (booted)\n\n${job('None')}`,
      `running (booted)\n\n${job('Unbounded', 'Outgoing migration')}`,
      // It is shut off: domjobinfo says so on stderr.
      'shut off (destroyed)\n\n',
      `paused (saving)\n\n${job('Completed', 'Save')}`,
      // A VM that migrates in: no statistics here.
      'paused (migrating)\n\n',
      `running (booted)\n\n${job('Unbounded', 'Backup')}`,
      // It was saved, and started paused.
      `paused (migrating)\n\n${job('None')}`,
      // It is gone.
      '',
    ];
    expect(told(awk, answers)).toBe(
      [`j:${uuid(1)}:Outgoing_migration`, `j:${uuid(3)}:Save_`, `j:${uuid(4)}:Incoming_migration`].join(' '),
    );
    expect(told(awk, [])).toBe('');
  });

  it.skipIf(!present)('takes a VM for one of them whose answer does not come, and none after it', () => {
    const none = `running (booted)\n\n${job('None')}`;
    expect(told(awk, [none, none, none], 1)).toBe(`j:${uuid(1)}:`);
  });

  it.skipIf(!present)('says nothing where libvirt does not answer', () => {
    const { stdout } = spawnSync(
      'sh',
      [
        '-c',
        `m=$1 u=x V=false z=$2; ${IN_JOB.replace('awk -v', `${awk} -v`)}; j`,
        'virtune',
        M,
        `${uuid(0)}:1`,
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
  });
});

describe('VMs that start', () => {
  const sh = (script: string, ...args: string[]) =>
    spawnSync('sh', ['-c', `m=$1; ${script}`, 'virtune', M, ...args], { encoding: 'utf8' });

  it('are asked for before all else', () => {
    const touched = `${uuid(0)}:123 ${uuid(1)}`;
    expect(sh(`z=$2; printf %s "${ASK_STATES}"`, touched).stdout.split('\n')).toEqual([
      `echo ${M}:w:${uuid(0)};domstate --reason ${uuid(0)};`,
      `echo ${M}:w:${uuid(1)};domstate --reason ${uuid(1)};echo ${M}:w;`,
    ]);
  });

  it('are known by what libvirt says there, and by no text of theirs; what follows is left', () => {
    const said = [
      ...[`${M}:w:${uuid(0)}`, 'running (booted)', ''],
      ...[`${M}:w:${uuid(1)}`, 'paused (starting up)', ''],
      ...[`${M}:w:${uuid(2)}`, `${M}:w:${uuid(3)}`, 'shut off (destroyed)', '', `${M}:w`],
      ...[`${M}:l:${uuid(0)}`, '<title>', 'paused (starting up)', '</title>'],
    ];
    const { stdout } = sh(`printf %s "$2" | { ${STARTING}; echo "[$k ]"; cat; }`, said.join('\n'));
    expect(stdout).toBe(`[ ${uuid(1)} ]\n${said.slice(-4).join('\n')}`);
  });

  it('are named, and not asked about', () => {
    writeFileSync(join(dir, 'virsh'), fake([`running (booted)\n\n${job('None')}`]));
    chmodSync(join(dir, 'virsh'), 0o755);
    const program = `m=$1 u=qemu:///system V=virsh z=$2 k=$3; ${IN_JOB}; j`;
    const args = [M, `${uuid(0)}:1 ${uuid(1)}:2`, ` ${uuid(1)}`];
    const { stdout } = spawnSync('sh', ['-c', program, 'virtune', ...args], {
      encoding: 'utf8',
      env: { PATH: `${dir}:${process.env.PATH}`, LOG: join(dir, 'log') },
    });
    expect(stdout).toBe(`j:${uuid(1)}:Start `);
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe(
      `echo ${M}:j:${uuid(0)};domstate --reason ${uuid(0)};domjobinfo ${uuid(0)}\necho ${M}:j:\n`,
    );
  });
});
