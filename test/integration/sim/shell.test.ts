import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPaths } from '../../../src/facts/read.ts';
import { parseApplyAnswer } from '../../../src/libvirt/apply_answer.ts';
import { firstSteps, renderApply } from '../../../src/libvirt/apply_script.ts';
import { renderDoctor } from '../../../src/libvirt/doctor_script.ts';
import { lanesOf, saidByLanes } from '../../../src/libvirt/lanes.ts';
import { renderRead } from '../../../src/libvirt/script.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import type { SimHost } from '../../../src/sim/model.ts';
import { simHost } from '../../../src/sim/model.ts';
import { runCommandLine } from '../../../src/sim/shell.ts';
import type { CommandOutput } from '../../../src/sim/virsh.ts';
import { type Bundled, bundled } from '../../bundled.ts';
import { keep } from '../../unit/facts/parse.ts';

const request = { marker: 'M42', uri: 'qemu:///system', keep: keep({ metadata: true }) };

/** @param folders closed, unless a test makes files there */
function thirdHost(folders: SimHost['knobs']['folders'] = 'closed'): SimHost {
  const [host] = demoFleet().slice(2);
  if (host === undefined) throw new Error('the demo has no third host');
  host.knobs.folders = folders;
  return host;
}

describe.skipIf(process.platform === 'win32')(
  "virtune's programs in a real shell with a simulated virsh",
  () => {
    let bin: string;
    let stub: Bundled;
    beforeAll(async () => {
      bin = mkdtempSync(join(tmpdir(), 'virtune-virsh-'));
      stub = await bundled(fileURLToPath(import.meta.resolve('./virsh_stub.ts')));
      writeFileSync(join(bin, 'virsh'), `#!/bin/sh\nexec '${process.execPath}' '${stub.file}' "$@"\n`);
      chmodSync(join(bin, 'virsh'), 0o755);
    });
    afterAll(() => {
      stub.remove();
      rmSync(bin, { recursive: true, force: true });
    });

    /** With its own folders of libvirt's files instead of this machine's, and without watchdogs of other tests. */
    const real = async (line: string): Promise<CommandOutput> => {
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      const here = line
        .replaceAll('/run/libvirt/', `${bin}/run/`)
        .replaceAll('/etc/libvirt/', `${bin}/etc/`)
        .replaceAll('/virtune-*/', '/nowhere-*/');
      return { ...(await promisify(execFile)('/bin/sh', ['-c', here], { env })), code: 0 };
    };

    it.each([true, false])('read, metadata %s', { timeout: 60_000 }, async (metadata) => {
      const line = renderRead({ ...request, keep: keep({ metadata }) });
      expect(await runCommandLine(thirdHost(), line)).toEqual(await real(line));
    });

    it('read, of what the host lets it guess', { timeout: 60_000 }, async () => {
      const host = thirdHost('open');
      const folders = { run: 'run/qemu', config: 'etc/qemu', network: 'run/network' };
      for (const folder of Object.values(folders)) mkdirSync(join(bin, folder), { recursive: true });
      const file = (folder: string, name: string) => writeFileSync(join(bin, folder, `${name}.xml`), '');
      for (const { name, persistent, live } of host.domains) {
        if (live !== null) file(folders.run, name);
        if (persistent) file(folders.config, name);
      }
      for (const { name } of host.networks) file(folders.network, name);
      // What is no domain, or could be another one for virsh, or more than a word.
      for (const name of [
        'gone',
        '1',
        '1a',
        '-x',
        'a b',
        'a;b',
        'a$b',
        'é',
        '*',
        'a*',
        host.domains[0]?.uuid ?? '',
      ])
        file(folders.run, name);
      for (const metadata of [true, false]) {
        const line = renderRead({ ...request, keep: keep({ metadata }) });
        const ran = await real(line);
        const [mark = '', words = ''] = /error: M42:d:h:gone\n(.*\n.*\n)/.exec(ran.stderr) ?? [];
        expect(words).toBe("error: failed to get domain 'gone'\n".repeat(2));
        expect({ ...ran, stderr: ran.stderr.replace(mark, '') }).toEqual(
          await runCommandLine(thirdHost('open'), line),
        );
        expect(ran.stdout).not.toContain('M42:batch');
        expect(ran.stdout.match(/^M42:l:/gm)).toHaveLength(host.domains.length);
      }
      for (const folder of ['run', 'etc']) rmSync(join(bin, folder), { recursive: true });
    });

    it('read, of what no network is asked for', { timeout: 60_000 }, async () => {
      const line = renderRead({ ...request, keep: keepPaths(cpuLimits.facts({ rules: [] })) });
      expect(line).not.toMatch(/ network\/[a-z]/);
      const read = await runCommandLine(thirdHost(), line);
      expect(read.stdout).not.toContain('M42:n:');
      expect(read).toEqual(await real(line));
    });

    it('read, of a few VMs', { timeout: 60_000 }, async () => {
      const [first, second] = thirdHost().domains;
      for (const words of [[first?.name ?? ''], [second?.uuid ?? ''], [first?.name ?? '', 'gone']]) {
        const line = renderRead(request, [], words);
        const read = await runCommandLine(thirdHost(), line);
        expect(read.stdout.includes('\n~')).toBe(words.length === 1);
        expect(read).toEqual(await real(line));
      }
    });

    it('doctor', { timeout: 60_000 }, async () => {
      const line = renderDoctor(request);
      const [sim, ran] = [await runCommandLine(thirdHost(), line), await real(line)];
      const names = (text: string) => text.split('\n').filter((one) => one.startsWith('M42:'));
      expect(names(sim.stdout)).toEqual(names(ran.stdout));
      // What stands before is this machine's own.
      const ofVirsh = (text: string) => text.slice(text.indexOf('M42:client'));
      expect(ofVirsh(sim.stdout)).toBe(ofVirsh(ran.stdout));
      expect([sim.stderr, sim.code]).toEqual([ran.stderr, ran.code]);
    });

    it('apply', { timeout: 60_000 }, async () => {
      const host = thirdHost();
      const [first, second] = host.domains;
      const mac = first?.config?.[0]?.mac ?? '';
      const steps = [
        {
          uuid: first?.uuid ?? '',
          commands: [['domiftune', first?.uuid ?? '', mac, '--live', '--config', '--inbound', '5,6,7']],
        },
        { uuid: second?.uuid ?? '', commands: [['domiftune', second?.uuid ?? '', mac, '--outbound', '5']] },
      ];
      for (const chosen of [steps, []]) {
        const line = renderApply(request, chosen);
        expect(await runCommandLine(thirdHost(), line)).toEqual(await real(line));
      }
    });

    it('apply, of many VMs side by side', { timeout: 60_000 }, async () => {
      const known = thirdHost().domains.map(({ uuid }) => uuid);
      const absent = Array.from(
        { length: 16 - known.length },
        (_, index) => `6695eb01-f6a4-8304-79aa-${String(index).padStart(12, '0')}`,
      );
      // Each virsh here has a host of its own: nothing is changed, and what is not there cannot be.
      const twice = [...known, ...absent, ...known, ...absent];
      const steps = twice.map((uuid) => ({ uuid, commands: [['domstate', uuid]] }));
      expect(new Set(lanesOf(steps)).size).toBe(4);
      const line = renderApply(request, steps);
      const byLane = ({ stdout, stderr }: CommandOutput) => {
        const { besides, lanes } = saidByLanes('M42', stderr);
        const said = [...lanes].toSorted(([a], [b]) => a - b);
        return { stdout, besides, lanes: said.map(([lane, text]) => [lane, text.replaceAll(/\n+/g, '\n')]) };
      };
      const [simulated, really] = [await runCommandLine(thirdHost(), line), await real(line)];
      expect(byLane(simulated)).toEqual(byLane(really));
      expect(byLane(really).lanes).toHaveLength(4);
      const { steps: outcomes } = parseApplyAnswer(
        'M42',
        steps.length,
        really.stdout,
        really.stderr,
        firstSteps(steps),
        lanesOf(steps),
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual([
        ...[...known.map(() => 'ok'), ...absent.map(() => 'gone')],
        ...[...known.map(() => 'ok'), ...absent.map(() => 'not_run')],
      ]);
    });

    it('another URI', { timeout: 60_000 }, async () => {
      const line = renderRead({ ...request, uri: 'qemu:///nope' });
      expect(await runCommandLine(thirdHost(), line)).toEqual(await real(line));
    });
  },
);

describe('the simulated login shell', () => {
  it.each([
    ['true', { stdout: '', stderr: '', code: 0 }],
    ['exit 3', { stdout: '', stderr: '', code: 3 }],
    ["echo a 'b  c'", { stdout: 'a b  c\n', stderr: '', code: 0 }],
    ['uptime', { stdout: '', stderr: 'sh: 1: uptime: not found\n', code: 127 }],
    ["sh -c 'exit 4'", { stdout: '', stderr: '', code: 4 }],
    [
      "virsh -q 'echo x; domstate nope'",
      { stdout: 'x', stderr: "error: failed to get domain 'nope'\n", code: 1 },
    ],
  ])('%s', async (line, output) => {
    expect(await runCommandLine(simHost('hv'), line)).toEqual(output);
  });

  it('says so when there is no virsh', async () => {
    const host = simHost('hv');
    host.knobs.virsh = 'missing';
    expect((await runCommandLine(host, 'virsh list')).code).toBe(127);
    const read = await runCommandLine(host, renderRead(request));
    expect(read).toEqual({ stdout: '\nM42:begin\nM42:novirsh\n', stderr: '\n', code: 0 });
  });

  it('has virsh in a container only, where it is told so', async () => {
    const host = simHost('hv');
    host.knobs.virshWords = 'docker exec nova_libvirt virsh';
    expect((await runCommandLine(host, 'virsh list')).code).toBe(127);
    const read = (virsh?: string) => runCommandLine(host, renderRead({ ...request, virsh }));
    expect((await read()).stdout).toBe('\nM42:begin\nM42:novirsh\n');
    expect((await read('podman exec nova_libvirt virsh')).stdout).toBe('\nM42:begin\nM42:nopodman\n');
    expect((await read('docker exec other virsh')).stderr).toContain('No such container: other\n');
    expect(await read(host.knobs.virshWords)).toEqual(
      await runCommandLine(simHost('hv'), renderRead(request)),
    );
  });

  it('splits the description of very many domains, as the program does', { timeout: 60_000 }, async () => {
    const { scaleFleet } = await import('../../../src/sim/scale_fleet.ts');
    for (const folders of ['closed', 'open'] as const) {
      const [host] = scaleFleet({ hosts: 1, domains: 1000, nics: 1 });
      if (host === undefined) throw new Error('no host');
      host.knobs.folders = folders;
      const { stdout } = await runCommandLine(host, renderRead(request));
      expect(stdout.match(/^M42:batch$/gm)?.length).toBe(folders === 'open' ? 1 : 3);
      expect(stdout.match(/^M42:l:/gm)?.length).toBe(1000);
    }
  });
});
