import { filterOutput } from './filter.ts';
import type { SimHost } from './model.ts';
import type { CommandOutput } from './virsh.ts';
import { runVirsh, virsh } from './virsh.ts';

/** What the two programs of libvirt/script.ts do, step for step; the contract with the real ones is a test. */

/** READ_PROGRAM. Arguments: marker, URI, 1 to keep metadata else 0. */
export async function runReadProgram(host: SimHost, args: readonly string[]): Promise<CommandOutput> {
  const [marker = '', uri = '', keep = ''] = args;
  const metadata = keep === '1';
  let stdout = `\n${marker}:begin\n`;
  let stderr = '\n';
  if (host.knobs.virsh === 'missing') return { stdout: `${stdout}${marker}:novirsh\n`, stderr, code: 0 };

  const lists = LISTS.map(([part, command]) => `echo ${marker}:${part};${command}`).join(';');
  const listed = await virsh(host, ['-r', '-c', uri, `${lists};echo ${marker}:listed`]);
  stderr += listed.stderr;
  // Command substitution drops line breaks at the end.
  const list = listed.stdout.replace(/\n+$/, '');
  stdout += `${list}\n`;

  const describe = async (batch: string): Promise<void> => {
    const described = await runVirsh(host, ['-r', '-c', uri, `${batch}echo ${marker}:batch`]);
    stderr += described.stderr;
    stdout += filterOutput(described.chunks, marker, metadata);
  };
  let batch = '';
  for (const command of describeCommands(list, marker)) {
    batch += `${command};`;
    if (batch.length < 100_000) continue;
    await describe(batch);
    batch = '';
  }
  await describe(batch);
  return { stdout: `${stdout}${marker}:end\n`, stderr, code: 0 };
}

const LISTS = [
  ['all', 'list --all --uuid --name'],
  ['transient', 'list --all --uuid --name --transient'],
  ['paused', 'list --all --uuid --name --state-paused'],
  ['shutoff', 'list --all --uuid --name --state-shutoff'],
  ['other', 'list --all --uuid --name --state-other'],
  ['nets', 'net-list --all --uuid'],
] as const;

function dumpCommands(marker: string, uuid: string): string {
  return `echo --err ${marker}:d:${uuid};echo ${marker}:l;dumpxml ${uuid};echo ${marker}:c;dumpxml --inactive ${uuid}`;
}

/** Turns the lists into the commands that describe what they name. */
function describeCommands(list: string, marker: string): readonly string[] {
  const commands: string[] = [];
  let part = '';
  for (const line of list.split('\n')) {
    if (line.startsWith(`${marker}:`)) part = line.slice(marker.length + 1);
    else if (part === 'all' && /^[0-9a-f-]{36} /.test(line)) {
      commands.push(dumpCommands(marker, line.slice(0, 36)));
    } else if (part === 'nets' && /^[0-9a-f-]{36}/.test(line)) {
      const uuid = line.trimEnd();
      commands.push(`echo --err ${marker}:d:${uuid};echo ${marker}:n;net-dumpxml ${uuid}`);
    }
  }
  return commands;
}

/** APPLY_PROGRAM. Arguments: marker, URI, 1 to keep metadata else 0, UUIDs to read back, virsh commands. */
export async function runApplyProgram(host: SimHost, args: readonly string[]): Promise<CommandOutput> {
  const [marker = '', uri = '', keep = '', uuids = '', commands = ''] = args;
  const begin = `\n${marker}:begin\n`;
  if (host.knobs.virsh === 'missing') return { stdout: `${begin}${marker}:novirsh\n`, stderr: '', code: 0 };
  const dumps = uuids.split(/[ \t\n]+/).filter((uuid) => uuid !== '');
  const batch = `${commands};${dumps.map((uuid) => dumpCommands(marker, uuid)).join('\n')};echo ${marker}:batch`;
  const { chunks, stderr } = await runVirsh(host, ['-c', uri, batch]);
  return {
    stdout: `${begin}${filterOutput(chunks, marker, keep === '1')}${marker}:end\n`,
    stderr: `\n${stderr}`,
    code: 0,
  };
}
