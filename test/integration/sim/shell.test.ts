import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepPaths } from '../../../src/facts/read.ts';
import { renderApply } from '../../../src/libvirt/apply_script.ts';
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

function thirdHost(): SimHost {
  const [host] = demoFleet().slice(2);
  if (host === undefined) throw new Error('the demo has no third host');
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

    const real = async (line: string): Promise<CommandOutput> => {
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      return { ...(await promisify(execFile)('/bin/sh', ['-c', line], { env })), code: 0 };
    };

    it.each([true, false])('read, metadata %s', { timeout: 60_000 }, async (metadata) => {
      const line = renderRead({ ...request, keep: keep({ metadata }) });
      expect(await runCommandLine(thirdHost(), line)).toEqual(await real(line));
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

  it('splits the description of very many domains, as the program does', { timeout: 30_000 }, async () => {
    const { scaleFleet } = await import('../../../src/sim/scale_fleet.ts');
    const [host] = scaleFleet({ hosts: 1, domains: 1000, nics: 1 });
    if (host === undefined) throw new Error('no host');
    const { stdout } = await runCommandLine(host, renderRead(request));
    expect(stdout.match(/^M42:batch$/gm)?.length).toBe(3);
    expect(stdout.match(/^M42:l:/gm)?.length).toBe(1000);
  });
});
