import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseApplyAnswer } from '../../../src/libvirt/apply_answer.ts';
import { renderApply } from '../../../src/libvirt/apply_script.ts';
import { lockListener } from '../../../src/libvirt/lock_answer.ts';
import { type LockOwner, lockWords } from '../../../src/libvirt/lock_script.ts';
import { descriptionSum, textSum } from '../../../src/libvirt/sum_script.ts';

const A = '6695eb01-f6a4-8304-79aa-97f2502e193a';
const B = '6695eb01-f6a4-8304-79aa-97f2502e193b';
const M = 'vt0123';
const MAC = '52:54:00:00:00:01';

/** Describes VMs by files of its folder and keeps what it was asked to do. */
const FAKE_VIRSH = `#!/bin/sh
for last in "$@"; do :; done
printf '%s\\n' "$last" >>"$DIR/log"
printf '%s\\n' "$last" | tr ';' '\\n' | while read -r verb a b c; do
  case $verb in
  echo) if [ "$a" = --err ]; then echo "error: $b" >&2; else echo "$a"; fi ;;
  dumpxml) cat "$DIR/\${a#--}$b" 2>/dev/null || { echo "error: failed to get domain" >&2; exit 1; } ;;
  domiftune) while [ -e "$DIR/slow" ]; do sleep 0.1; done ;;
  esac
done
`;

const description = (name: string, limit: number) =>
  `<domain type='kvm' id='1'>\n  <name>${name}</name>\n  <uuid>x</uuid>\n  <memory>5</memory>\n  <cputune>\n    <shares>${limit}</shares>\n  </cputune>\n</domain>\n`;
const filtered = (name: string, limit: number) =>
  `<domain type='kvm' id='1'><name>${name}</name><uuid>x</uuid><cputune><shares>${limit}</shares></cputune></domain>`;

const sum = (name: string, limit: number, config = limit) =>
  descriptionSum({ live: filtered(name, limit), config: filtered(name, config) });

describe.each(['dash', 'bash', 'busybox'])('the writing program under %s as /bin/sh', (shell) => {
  const present = spawnSync('sh', ['-c', `command -v ${shell} && command -v flock`]).status === 0;
  let dir = '';
  let started: ChildProcess[] = [];
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-lock-'));
    writeFileSync(join(dir, 'virsh'), FAKE_VIRSH);
    chmodSync(join(dir, 'virsh'), 0o755);
    // busybox is what it is called.
    if (present)
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).trim(),
        join(dir, 'sh'),
      );
  });
  beforeEach(() => {
    describeDomain(A, 'a', 5);
    describeDomain(B, 'b', 7);
    writeFileSync(join(dir, 'log'), '');
  });
  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    started = [];
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const describeDomain = (uuid: string, name: string, limit: number, config = limit) => {
    writeFileSync(join(dir, uuid), description(name, limit));
    writeFileSync(join(dir, `inactive${uuid}`), description(name, config));
  };
  const request = {
    marker: M,
    uri: 'qemu:///system',
    keep: ['domain/name', 'domain/uuid', 'domain/cputune/shares'],
  };
  const owner: LockOwner = { user: 'alice', machine: 'ci', run: 'r1' };
  const command = (
    lock: { wait: number; owner?: LockOwner } | null,
    sums: ReadonlyMap<string, string>,
    two = false,
    watchdog?: string,
  ) => {
    const set = (uuid: string, live: string) => ({ uuid, commands: [['domiftune', uuid, MAC, live]] });
    const steps = [
      set(A, '--live'),
      set(B, '--live'),
      ...(two ? [set(A, '--config'), set(B, '--config')] : []),
    ];
    const words =
      lock === null ? undefined : { owner: lock.owner ?? owner, waitSeconds: lock.wait, deadlineSeconds: 60 };
    return renderApply(request, steps, { lock: words, sums, watchdog })
      .replaceAll('/run/libvirt', join(dir, 'run'))
      .replaceAll('/bin/sh', join(dir, 'sh'));
  };
  const env = () => ({ PATH: `${dir}:${process.env.PATH}`, DIR: dir });
  const run = (line: string, steps = 2, first: readonly number[] = []) => {
    spawnSync('mkdir', ['-p', join(dir, 'run')]);
    const { stdout, stderr } = spawnSync('sh', ['-c', line], {
      env: env(),
      encoding: 'utf8',
      timeout: 20_000,
    });
    const answer = parseApplyAnswer(M, steps, stdout, stderr, first);
    const written = readFileSync(join(dir, 'log'), 'utf8').match(/domiftune \S+ \S+ [^ ;]+/g) ?? [];
    return {
      answer,
      written: written.map((one) => one.replace(`${MAC} `, '').replace('domiftune ', '')),
      stdout,
      stderr,
    };
  };
  const until = async (holds: () => boolean) => {
    for (let tries = 0; !holds() && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(holds()).toBe(true);
  };
  const start = async (line: string, begun: () => boolean): Promise<ChildProcess> => {
    const child = spawn('sh', ['-c', line], {
      env: env(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    started.push(child);
    await until(begun);
    return child;
  };
  const isFree = () => spawnSync('flock', ['-n', join(dir, 'run'), 'true']).status === 0;
  const current = new Map([
    [A, sum('a', 5)],
    [B, sum('b', 7)],
  ]);

  it.skipIf(!present)('writes under the lock where all is as it was, and leaves it free', () => {
    const { answer, written } = run(command({ wait: 0 }, current));
    expect(answer).toMatchObject({ error: null, lock: {}, stale: new Set() });
    expect(answer.steps.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
    expect(written).toEqual([`${A} --live`, `${B} --live`]);
    expect(isFree()).toBe(true);
  });

  it.skipIf(!present)(
    'writes nothing to a VM that has changed in either state, or is gone, and all to others',
    () => {
      describeDomain(A, 'a', 5, 6);
      const { answer, written } = run(command({ wait: 0 }, current, true), 4, [0, 1, 0, 1]);
      expect(answer.stale).toEqual(new Set([A]));
      expect(written).toEqual([`${B} --live`, `${B} --config`]);
      rmSync(join(dir, B));
      const gone = run(command({ wait: 0 }, current));
      expect(gone.answer.stale).toEqual(new Set([A, B]));
      expect(gone.written).toEqual(written);
    },
  );

  it.skipIf(!present)('only reads a VM of which nobody knows what it has', () => {
    const { answer, written } = run(command({ wait: 0 }, new Map([...current, [A, '-']])));
    expect([answer.stale, written]).toEqual([new Set([A]), [`${B} --live`]]);
  });

  it.skipIf(!present)('writes only as long as the watchdog waits that is to give it back', () => {
    const name = `virtune-test-${process.pid}`;
    const folder = join('/dev/shm', name);
    const tried = () => run(command({ wait: 0 }, current, true, name), 4, [0, 1, 0, 1]);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, 'undo'), '');
      const watched = tried();
      expect([watched.answer.unwatched, watched.answer.stale]).toEqual([false, new Set()]);
      expect(watched.written).toHaveLength(4);
      // Its time has come.
      renameSync(join(folder, 'undo'), join(folder, 'doing'));
      const { answer, written } = tried();
      expect([answer.unwatched, answer.stale, answer.error]).toEqual([true, new Set([A, B]), null]);
      expect(written).toEqual(watched.written);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!present)('writes by paths only where the host has there what it had', () => {
    const path = join(dir, 'x');
    const steps = [
      {
        uuid: A,
        commands: [['blkiotune', A, '--device-read-bytes-sec', '/dev/virtune-x,1']],
        paths: ['/dev/virtune-x', '/dev/null'],
      },
      { uuid: B, commands: [['domiftune', B, MAC, '--live']] },
    ];
    const tried = (...expected: readonly string[]) => {
      const devices = new Map([
        ['/dev/virtune-x', textSum(expected)],
        ['/dev/null', textSum(['1:3 character special file'])],
      ]);
      const line = renderApply(request, steps, { sums: current, devices })
        .replaceAll('/dev/virtune-x', path)
        .replaceAll('/bin/sh', join(dir, 'sh'));
      const { answer, written } = run(line);
      expect(answer.error).toBeNull();
      return [[...answer.stale], written];
    };
    rmSync(path, { force: true });
    const other = [`${B} --live`];
    expect(tried()).toEqual([[], other]);
    expect(readFileSync(join(dir, 'log'), 'utf8')).toContain(`blkiotune ${A}`);
    writeFileSync(join(dir, 'log'), '');
    // There is something by now, and then another thing.
    writeFileSync(path, '');
    expect(tried()).toEqual([[A], other]);
    writeFileSync(join(dir, 'log'), '');
    expect(tried('0:0 regular empty file')).toEqual([[], other]);
    writeFileSync(join(dir, 'log'), '');
    writeFileSync(path, 'x');
    expect(tried('0:0 regular empty file')).toEqual([[A], other]);
    expect(readFileSync(join(dir, 'log'), 'utf8')).not.toContain('blkiotune');
  });

  it.skipIf(!present)('holds nothing against a VM without a number, nor what no path keeps', () => {
    writeFileSync(join(dir, A), description('a', 5).replace('<memory>5', '<memory>6'));
    describeDomain(B, 'b', 8);
    const { answer } = run(command(null, new Map([[A, sum('a', 5)]])));
    expect(answer).toMatchObject({ stale: new Set(), lock: {} });
  });

  it.skipIf(!present)('counts what is no ASCII as nothing, whatever a text makes of it', () => {
    const bytes = Buffer.concat([
      Buffer.from("<domain type='kvm' id='1'><name>a"),
      Buffer.from([0xc3, 0x28, 0xff]),
    ]);
    writeFileSync(join(dir, A), Buffer.concat([bytes, Buffer.from('</name></domain>')]));
    const live = `${bytes.toString('utf8')}</name></domain>`;
    const expected = descriptionSum({ live, config: filtered('a', 5) });
    expect(run(command(null, new Map([[A, expected]]))).answer.stale).toEqual(new Set());
  });

  it.skipIf(!present)('names who has the lock, and writes nothing', async () => {
    writeFileSync(join(dir, 'slow'), '');
    const holding = () => readFileSync(join(dir, 'log'), 'utf8').includes('domiftune');
    spawnSync('mkdir', ['-p', join(dir, 'run')]);
    const hostile = { user: "bob'; reboot \n$(x)", machine: 'ü', run: '' };
    await start(command({ wait: 0, owner: hostile }, current), holding);
    writeFileSync(join(dir, 'log'), '');
    const { answer, written } = run(command({ wait: 0 }, current));
    expect(answer.steps.map(({ kind }) => kind)).toEqual(['locked', 'locked']);
    expect(answer.lock.lockedBy).toBe('bob___reboot____x_@_, run _');
    expect(written).toEqual([]);
    rmSync(join(dir, 'slow'));
    // It is freed with the process that holds it.
    await until(isFree);
  });

  it.skipIf(!present)('names a process that is not virtune, and goes on once it has ended', async () => {
    const folder = join(dir, 'run');
    spawnSync('mkdir', ['-p', folder]);
    await start(`exec flock ${folder} sh -c 'sleep 60; :' 'a\n${M}:end'`, () => !isFree());
    const { answer } = run(command({ wait: 0 }, current));
    expect(answer.lock.lockedBy).toMatch(/^process \d+: flock \S+\/run sh -c sleep 60; : a vt0123:end$/);
    for (const child of started) process.kill(-(child.pid ?? 0), 'SIGKILL');
    started = [];
    if (shell !== 'dash') return;
    await start(`exec flock ${folder} sleep 3`, () => !isFree());
    // Whoever reads is told while it waits.
    const heard: (string | null)[] = [];
    const hear = lockListener(M, (holder) => heard.push(holder && isFree() ? 'free' : holder));
    const waiting = await start(command({ wait: 20 }, current), () => true);
    waiting.stdout?.setEncoding('utf8').on('data', hear);
    await until(() => heard.length > 0);
    expect(heard).toEqual([expect.stringMatching(/^process \d+: flock/)]);
    const waited = run(command({ wait: 20 }, current));
    await until(() => heard.length > 1);
    expect(heard[1]).toBeNull();
    expect(waited.answer.lock.holder).toMatch(/^process \d+: flock/);
    expect(waited.answer.steps.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
  });

  it.skipIf(!present)('goes on without a lock where there can be none, and says why', () => {
    const without = (line: string) => {
      const { answer } = run(line);
      expect(answer.steps.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
      return answer.lock.without;
    };
    const line = command({ wait: 0 }, current);
    expect(without(line.replaceAll(join(dir, 'run'), join(dir, 'absent')))).toContain('/run/libvirt');
    expect(without(line.replace("'qemu:///system'", "'qemu+ssh://other/system'"))).toContain(
      'another machine',
    );
    expect(without(line.replace("'qemu:///system'", "'qemu:///session'"))).toContain('session');
    for (const tool of ['flock', 'timeout']) {
      // As busybox without the applet, or with one that knows no such option.
      writeFileSync(join(dir, tool), '#!/bin/sh\necho usage >&2; exit 1\n');
      chmodSync(join(dir, tool), 0o755);
      expect(without(line)).toContain('flock');
      rmSync(join(dir, tool));
    }
  });
});

describe('the words of a lock', () => {
  it('hold nothing but the narrow alphabet', () => {
    const owner = { user: 'x'.repeat(500), machine: "a b'c", run: '2026' };
    expect(lockWords({ owner, waitSeconds: 10, deadlineSeconds: 60 })).toBe(
      `10 60 owner=${'x'.repeat(64)}@a_b_c run=2026`,
    );
  });
});
