import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOutput } from '../../src/sim/virsh.ts';
import { guestXml } from './guests.ts';
import type { ContractHost } from './suite.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LAB = process.env['VIRTUNE_LAB_DIR'] ?? join(ROOT, '.lab');

/** The lab's settings; null when no lab is up. */
export function labSettings(): ReadonlyMap<string, string> | null {
  if (!existsSync(join(LAB, 'ready'))) return null;
  const lines = readFileSync(join(LAB, 'lab.env'), 'utf8').matchAll(/^(\w+)=(.*)$/gm);
  return new Map(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

/** The first host of the lab. */
export async function labContractHost(): Promise<ContractHost> {
  const settings = labSettings();
  if (settings === null) throw new Error(`no lab is up: bash test/lab/lab.sh up (${LAB})`);
  const name = `${settings.get('LAB_PREFIX')}01`;
  const onHost = (...argv: readonly string[]) => lab(['exec', name, ...argv]);
  const clean = async (): Promise<void> => {
    const { stdout } = await onHost('virsh', '-q', 'list --all --name');
    const guests = stdout.split('\n').filter((line) => line.startsWith('ct-'));
    for (const guest of guests) await onHost('virsh', '-q', `destroy ${guest}; undefine ${guest}`);
  };
  return {
    hasOvs: settings.get('LAB_OVS') === '1',
    virsh: (...argv) => onHost('virsh', ...argv),
    shell: (line) => onHost('sh', '-c', line),
    prepare: async (guests) => {
      await clean();
      for (const guest of guests) {
        const mode =
          guest.state === 'shutoff' ? ['--off'] : guest.persistent === false ? ['--transient'] : [];
        const defined = await lab(['define', name, ...mode], guestXml(guest));
        if (defined.code !== 0) throw new Error(`${guest.name}: ${defined.stderr}`);
      }
    },
    close: clean,
  };
}

async function lab(args: readonly string[], input = ''): Promise<CommandOutput> {
  const child = spawn('bash', [join(ROOT, 'test/lab/lab.sh'), ...args], { stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 255));
  });
  return { stdout, stderr, code };
}
