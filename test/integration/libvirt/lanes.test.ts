import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseApplyAnswer } from '../../../src/libvirt/apply_answer.ts';
import { firstSteps, renderApply, type WriteStep } from '../../../src/libvirt/apply_script.ts';
import { lanesOf } from '../../../src/libvirt/lanes.ts';
import { descriptionSum } from '../../../src/libvirt/sum_script.ts';

const M = 'vt0123';
const VMS = 16;
const vm = (index: number): string => `6695eb01-f6a4-8304-79aa-${String(index).padStart(12, '0')}`;

/** Describes VMs by the files of its folder, logs what is set and when, and fails or ends as files say. */
const FAKE_VIRSH = `#!/bin/sh
for last in "$@"; do :; done
echo run >>"$DIR/log"
printf '%s\\n' "$last" | tr ';' '\\n' | while read -r verb a b c; do
  case $verb in
  echo) if [ "$a" = --err ]; then echo "error: $b" >&2 || exit; else echo "$a"; fi ;;
  dumpxml) a=\${a#--inactive}; echo "<domain><name>$a$b</name><uuid>$a$b</uuid></domain>" ;;
  domiftune)
    if [ -e "$DIR/dies$a" ]; then exit; fi
    echo "begin $a $c" >>"$DIR/log"
    while [ -e "$DIR/slow" ]; do sleep 0.05; done
    # What libvirt says of a VM has its name in it.
    if [ -e "$DIR/fails$a" ]; then printf '%s\\n' "error: Unable to set \\\\c 'a\\b' %s" '' >&2; fi
    echo "end $a $c" >>"$DIR/log" ;;
  esac
done
`;

describe.each(['dash', 'bash', 'busybox', 'zsh'])('lanes under %s as /bin/sh', (shell) => {
  const present = spawnSync('sh', ['-c', `command -v ${shell} && command -v flock`]).status === 0;
  let dir = '';
  let started: ChildProcess[] = [];
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-lanes-'));
    mkdirSync(join(dir, 'run'));
    writeFileSync(join(dir, 'virsh'), FAKE_VIRSH);
    chmodSync(join(dir, 'virsh'), 0o755);
    if (present)
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).trim(),
        join(dir, 'sh'),
      );
  });
  beforeEach(() => writeFileSync(join(dir, 'log'), ''));
  afterEach(() => {
    for (const { pid, exitCode } of started) if (exitCode === null) process.kill(-(pid ?? 0), 'SIGKILL');
    started = [];
    rmSync(join(dir, 'slow'), { force: true });
    for (let index = 0; index < VMS; index++)
      for (const what of ['fails', 'dies']) rmSync(join(dir, `${what}${vm(index)}`), { force: true });
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const steps = ['--live', '--config'].flatMap((side) =>
    Array.from(
      { length: VMS },
      (_, index): WriteStep => ({ uuid: vm(index), commands: [['domiftune', vm(index), 'mac', side]] }),
    ),
  );
  const [first, lanes] = [firstSteps(steps), lanesOf(steps)];
  const described = (uuid: string) => `<domain><name>${uuid}</name><uuid>${uuid}</uuid></domain>`;
  const sums = new Map(
    Array.from({ length: VMS }, (_, index) => {
      const text = described(vm(index));
      return [vm(index), descriptionSum({ live: text, config: text })] as const;
    }),
  );
  const command = (known: ReadonlyMap<string, string> = sums, deadlineSeconds = 60) => {
    const owner = { user: 'alice', machine: 'ci', run: 'r1' };
    const request = { marker: M, uri: 'qemu:///system', keep: ['domain/name', 'domain/uuid'] };
    return renderApply(request, steps, { lock: { owner, waitSeconds: 0, deadlineSeconds }, sums: known })
      .replaceAll('/run/libvirt', join(dir, 'run'))
      .replaceAll('/bin/sh', join(dir, 'sh'));
  };
  const env = () => ({ PATH: `${dir}:${process.env.PATH}`, DIR: dir });
  const log = () => readFileSync(join(dir, 'log'), 'utf8');
  const written = () =>
    [...log().matchAll(/^end \S+-0*(\d+) (\S+)$/gm)].map(([, id, side]) => `${id} ${side}`);
  const run = (line = command()) => {
    const { stdout, stderr } = spawnSync('sh', ['-c', line], {
      env: env(),
      encoding: 'utf8',
      timeout: 30_000,
    });
    return parseApplyAnswer(M, steps.length, stdout, stderr, first, lanes);
  };
  const isFree = () => spawnSync('flock', ['-n', join(dir, 'run'), 'true']).status === 0;
  const until = async (holds: () => boolean) => {
    for (let tries = 0; !holds() && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(holds()).toBe(true);
  };
  const start = () => {
    const child = spawn('sh', ['-c', command()], {
      env: env(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    started.push(child);
    return child;
  };

  it.skipIf(!present)('write all, read all back, and leave the lock free', { timeout: 40_000 }, () => {
    const answer = run();
    expect(new Set(lanes).size).toBe(4);
    expect(answer).toMatchObject({ error: null, stale: new Set(), lock: {} });
    expect(new Set(answer.steps.map(({ kind }) => kind))).toEqual(new Set(['ok']));
    expect(answer.described.map(({ uuid }) => uuid)).toEqual(steps.slice(0, VMS).map(({ uuid }) => uuid));
    expect(written().toSorted()).toHaveLength(steps.length);
    // What is of one VM stays in its order.
    for (let index = 0; index < VMS; index++)
      expect(written().filter((one) => one.startsWith(`${index} `))).toEqual([
        `${index} --live`,
        `${index} --config`,
      ]);
    expect(isFree()).toBe(true);
  });

  it.skipIf(!present)('run at the same time', { timeout: 40_000 }, async () => {
    writeFileSync(join(dir, 'slow'), '');
    const child = start();
    await until(() => (log().match(/^begin/gm) ?? []).length === 4);
    expect(written()).toEqual([]);
    rmSync(join(dir, 'slow'));
    await new Promise((resolve) => child.once('close', resolve));
    expect(written()).toHaveLength(steps.length);
    started = [];
  });

  it.skipIf(!present)(
    'hold back what follows an error, and leave out what has changed',
    { timeout: 40_000 },
    () => {
      for (const index of [3, 6]) writeFileSync(join(dir, `fails${vm(index)}`), '');
      const answer = run(command(new Map([...sums, [vm(9), '1'], [vm(4), '1']])));
      expect(answer.stale).toEqual(new Set([vm(4), vm(9)]));
      const kinds = answer.steps.map(({ kind }) => kind);
      expect([kinds[3], kinds[6], kinds[3 + VMS], kinds[6 + VMS]]).toEqual([
        'virsh_failed',
        'virsh_failed',
        'not_run',
        'not_run',
      ]);
      expect(answer.steps[3]?.error).toBe("Unable to set \\c 'a\\b' %s");
      const ids = [...Array(VMS).keys()].filter((index) => ![4, 9].includes(index));
      expect(written().toSorted()).toEqual(
        ids
          .flatMap((id) => ([3, 6].includes(id) ? [`${id} --live`] : [`${id} --config`, `${id} --live`]))
          .toSorted(),
      );
      for (const index of ids.filter((id) => ![3, 6].includes(id)))
        expect([kinds[index], kinds[index + VMS]]).toEqual(['ok', 'ok']);
    },
  );

  it.skipIf(!present)(
    'prove nothing of one whose virsh ended, and all of the others',
    { timeout: 40_000 },
    () => {
      writeFileSync(join(dir, `dies${vm(6)}`), '');
      const { steps: outcomes, error } = run();
      expect(error).toBeNull();
      for (const [index, { kind }] of outcomes.entries())
        if (lanes[index] !== lanes[6]) expect(kind).toBe('ok');
        else if (index === 2) expect(kind).toBe('ok');
        else if (index < VMS) expect([index, kind]).toEqual([index, 'lost']);
        else expect(kind).toBe(index === 2 + VMS ? 'lost' : 'not_run');
      const ended = new Set(written());
      for (const [index, { kind }] of outcomes.entries())
        if (kind === 'ok') expect(ended).toContain(`${index % VMS} ${index < VMS ? '--live' : '--config'}`);
    },
  );

  it.skipIf(!present)(
    'end where nobody hears them any more, and free the lock',
    { timeout: 40_000 },
    async () => {
      writeFileSync(join(dir, 'slow'), '');
      const child = start();
      await until(() => (log().match(/^begin/gm) ?? []).length === 4);
      child.stdout?.destroy();
      child.stderr?.destroy();
      rmSync(join(dir, 'slow'));
      await until(isFree);
      // First steps are run to their end, as they are in one lane; no other begins.
      expect(written().every((one) => one.endsWith('--live'))).toBe(true);
      const left = () => spawnSync('pgrep', ['-g', String(child.pid)], { encoding: 'utf8' }).stdout.trim();
      await until(() => left() === '');
      started = [];
    },
  );

  it.skipIf(!present)('end at the deadline, with all that they have begun', { timeout: 40_000 }, async () => {
    writeFileSync(join(dir, 'slow'), '');
    const { steps: outcomes } = run(command(sums, 1));
    expect(outcomes.every(({ kind }) => kind !== 'ok')).toBe(true);
    await until(isFree);
    expect(existsSync(join(dir, 'slow'))).toBe(true);
    expect(written()).toEqual([]);
    expect(spawnSync('pgrep', ['-f', `${dir}/virsh`], { encoding: 'utf8' }).stdout.trim()).toBe('');
  });
});
