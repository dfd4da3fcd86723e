import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandOutput } from '../../src/sim/virsh.ts';
import { guestXml } from './guests.ts';
import { nicElement } from './normalise.ts';
import type { ContractHost, TcState } from './suite.ts';
import { IMAGE_FILES } from './tuning_guests.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The first host of a running lab.
 * @param dir the lab's state folder
 */
export async function labContractHost(dir: string): Promise<ContractHost> {
  const lines = readFileSync(join(dir, 'lab.env'), 'utf8').matchAll(/^(\w+)=(.*)$/gm);
  const settings = new Map(Array.from(lines, ([, key = '', value = '']) => [key, value]));
  return contractHost(dir, `${settings.get('LAB_PREFIX')}01`, settings.get('LAB_OVS') === '1');
}

/** The lab's virtual machine. */
export async function vmContractHost(dir: string): Promise<ContractHost> {
  return contractHost(dir, 'vm01', true);
}

async function contractHost(dir: string, name: string, hasOvs: boolean): Promise<ContractHost> {
  const lab = (args: readonly string[], input = '') => runLab(dir, args, input);
  const onHost = (...argv: readonly string[]) => lab(['exec', name, ...argv]);
  const clean = async (): Promise<void> => {
    const { stdout } = await onHost('virsh', '-q', 'list --all --name');
    const guests = stdout.split('\n').filter((line) => line.startsWith('ct-'));
    for (const guest of guests) await onHost('virsh', '-q', `destroy ${guest}; undefine ${guest}`);
  };
  // The lab's tc can be told to fail; an empty file is none.
  const breakTc = async (missing: readonly ('sfq' | 'police')[]): Promise<void> => {
    const pattern = missing.map((part) => ` ${part} `).join('|');
    await onHost('sh', '-c', `printf %s '${pattern}' >/run/lab/tc-fail`);
  };
  const makeImages = () => {
    const folder = dirname(IMAGE_FILES[0] ?? '');
    return onHost('sh', '-c', 'mkdir -p "$0" && truncate -s 1M "$@"', folder, ...IMAGE_FILES);
  };
  return {
    hasOvs,
    virsh: (...argv) => onHost('virsh', ...argv),
    shell: (line) => onHost('sh', '-c', line),
    breakTc,
    tc: async (domain, mac) => {
      const { stdout } = await onHost('virsh', 'dumpxml', domain);
      const target = /<target dev='(.*)'/.exec(nicElement(stdout, mac, 1))?.[1] ?? '';
      const shown = await onHost('sh', '-c', `tc qdisc show dev ${target}; tc class show dev ${target}`);
      return parseTc(shown.stdout);
    },
    prepare: async (guests) => {
      await breakTc([]);
      await clean();
      if (guests.some((guest) => guest.disks)) await makeImages();
      for (const guest of guests) {
        const mode =
          guest.state === 'shutoff' ? ['--off'] : guest.persistent === false ? ['--transient'] : [];
        const defined = await lab(['define', name, ...mode], guestXml(guest));
        if (defined.code !== 0) throw new Error(`${guest.name}: ${defined.stderr}`);
      }
    },
    close: async () => {
      await breakTc([]);
      await clean();
    },
  };
}

async function runLab(dir: string, args: readonly string[], input: string): Promise<CommandOutput> {
  const env = { ...process.env, VIRTUNE_LAB_DIR: dir };
  const child = spawn('bash', [join(ROOT, 'lab/lab.sh'), ...args], { env, stdio: 'pipe' });
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

/** Reads `tc qdisc show` and `tc class show`. */
function parseTc(text: string): TcState {
  const rate = /^class htb 1:1 .* rate ([0-9]+)([KMG]?)bit/m.exec(text);
  const bits =
    Number(rate?.[1] ?? 0) * { '': 1, K: 1e3, M: 1e6, G: 1e9 }[(rate?.[2] as '' | 'K' | 'M' | 'G') ?? ''];
  return {
    root: /^qdisc (\w+) .*root/m.exec(text)?.[1] ?? '',
    rate: bits / 8000,
    ingress: /^qdisc ingress/m.test(text),
  };
}
