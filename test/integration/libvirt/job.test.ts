import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IN_JOB } from '../../../src/libvirt/job_script.ts';

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
