import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { APPLY_PROGRAM } from '../../../src/libvirt/apply_script.ts';
import { DOCTOR_PROGRAM } from '../../../src/libvirt/doctor_script.ts';
import { KERNEL_WORDS } from '../../../src/libvirt/kernel_script.ts';
import { READ_PROGRAM } from '../../../src/libvirt/script.ts';
import { WATCH_PROGRAM } from '../../../src/libvirt/watch_script.ts';
import { WATCHDOG_PROGRAM } from '../../../src/libvirt/watchdog_script.ts';
import { MODULES } from '../../../src/modules/index.ts';

const DOCS = resolve(import.meta.dirname, '../../../docs');

/** To write the programs of a new version into the files: VIRTUNE_UPDATE_DOCS=1 */
function holds(file: string, line: RegExp, expected: string): void {
  const path = `${DOCS}/${file}`;
  const text = readFileSync(path, 'utf8');
  if (process.env.VIRTUNE_UPDATE_DOCS)
    writeFileSync(
      path,
      text.replace(line, () => expected),
    );
  expect(line.exec(readFileSync(path, 'utf8'))?.[0]).toBe(expected);
}

/** An argument as sudoers takes it: its own special characters, those of patterns, and all but one of several blanks. */
const forSudoers = (text: string) =>
  text.replace(/[\\*?[\],:=#]/g, (char) => `\\${char}`).replaceAll('  ', ' \\ ');

describe('the files that grant rights hold the programs of this version', () => {
  it.each([
    ['READ', READ_PROGRAM],
    ['APPLY', APPLY_PROGRAM],
    ['WATCH', WATCH_PROGRAM],
    ['WATCHDOG', WATCHDOG_PROGRAM],
    ['DOCTOR', DOCTOR_PROGRAM],
  ])('virtune-forced-command.sh: %s', (name, program) => {
    holds('virtune-forced-command.sh', new RegExp(`^${name}='.*'$`, 'm'), `${name}='${program}'`);
  });

  it('virtune-forced-command.sh: what is asked of the kernel', () => {
    holds('virtune-forced-command.sh', /^kernel='.*'$/m, `kernel='(${KERNEL_WORDS.join('|')})'`);
  });

  it('virtune-forced-command.sh: the commands of the modules', () => {
    const commands = MODULES.flatMap((module) => module.commands);
    // They stand within double quotes of a shell.
    for (const command of commands) expect(command.replaceAll('$uuid', '')).not.toMatch(/["$`\\]/);
    holds('virtune-forced-command.sh', /^change=".*"$/m, `change="(${commands.join('|')})"`);
  });

  const marker = `vt${'[0-9a-f]'.repeat(24)}`;
  it.each([
    ['READ', READ_PROGRAM, '*'],
    ['WATCH', WATCH_PROGRAM, '*'],
    ['DOCTOR', DOCTOR_PROGRAM, '*'],
    ['APPLY', APPLY_PROGRAM, '*'],
    ['CONFIRM', WATCHDOG_PROGRAM, '*'],
  ])('virtune.sudoers: %s', (name, program, args) => {
    holds(
      'virtune.sudoers',
      new RegExp(`^Cmnd_Alias VIRTUNE_${name} = .*$`, 'm'),
      `Cmnd_Alias VIRTUNE_${name} = /bin/sh -c ${forSudoers(program)} virtune ${marker} qemu\\:///system ${args}`,
    );
  });

  it('virtune.sudoers: names a group, and no login', () => {
    const lines = readFileSync(`${DOCS}/virtune.sudoers`, 'utf8').split('\n');
    const grants = lines.filter((line) => line.includes('ALL='));
    expect(grants.map((line) => line.replace(/^# /, '').split(' ')[0])).toEqual([
      'VIRTUNE_LOGINS',
      'VIRTUNE_LOGINS',
    ]);
    expect(lines.filter((line) => line.startsWith('User_Alias'))).toEqual([
      'User_Alias VIRTUNE_LOGINS = %virtune',
    ]);
  });
});
