import { describe, expect, it } from 'vitest';
import { ConnectionError } from '../../../src/connection/connection.ts';
import type { Session } from '../../../src/connection/session.ts';
import { readHost } from '../../../src/engine/read.ts';
import { networksFact } from '../../../src/facts/networks.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { runCommandLine } from '../../../src/sim/shell.ts';

const read = (session: Session) => readHost(session, { uri: 'qemu:///system' }, [nicsFact, networksFact]);

/** A host on which libvirt never describes some VMs, asked for by what the host lets it guess or by their UUIDs. */
function hostThatHangs(names: readonly string[], folders: SimHost['knobs']['folders'] = 'open') {
  const host = simHost('hv');
  host.knobs.folders = folders;
  for (const name of ['a', 'b', 'c', 'd', 'e']) defineDomain(host, { name, nics: [{}] });
  const hung = host.domains.filter(({ name }) => names.includes(name));
  const hanging = hung.map(({ uuid }) => uuid);
  const commands: string[] = [];
  const connection: Session = {
    close: () => {},
    open: () => Promise.reject(new Error('not here')),
    exec: async (command) => {
      commands.push(command);
      const whole = await runCommandLine(host, command);
      const marks = hung.flatMap(({ uuid, name }) =>
        [`:d:${uuid}\n`, `:d:h:${name}\n`].map((mark) => ({ uuid, mark, at: whole.stderr.indexOf(mark) })),
      );
      const first = marks.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at)[0];
      if (first === undefined) return whole;
      const stderr = whole.stderr.slice(0, first.at + first.mark.length);
      const stdout = whole.stdout.slice(0, whole.stdout.indexOf(`:l:${first.uuid}`));
      throw new ConnectionError('exec_timeout', 'hv sent nothing for 90 s', '', false, { stdout, stderr });
    },
  };
  return { connection, commands, hanging };
}

describe('a VM whose description never comes', () => {
  it.each(['open', 'closed'] as const)(
    'is unreadable, and keeps nobody from the others, folders %s',
    async (folders) => {
      const { connection, commands, hanging } = hostThatHangs(['b', 'd'], folders);
      const answer = await read(connection);
      if ('error' in answer) throw new Error(answer.error.message);
      const { facts } = answer;
      expect(facts.domains.map(({ name }) => name)).toEqual(['a', 'c', 'e']);
      expect(facts.unreadable).toEqual(
        ['b', 'd'].map((name, index) => ({
          uuid: hanging[index],
          name,
          error: expect.stringMatching(/did not answer for it: hv sent nothing for 90 s/),
        })),
      );
      expect(commands).toHaveLength(3);
    },
  );

  it('is not waited for over and over: then the host is what hangs', async () => {
    const { connection, commands } = hostThatHangs(['a', 'b', 'c', 'd']);
    await expect(read(connection)).rejects.toMatchObject({ code: 'exec_timeout' });
    expect(commands).toHaveLength(4);
  });

  it.each([
    ['before any VM was asked about', ''],
    ['with a network', 'error: MARK:d:00000000-0000-0000-0000-00000000aaaa\n'],
  ])('is not blamed where the host hangs %s', async (_when, stderr) => {
    let execs = 0;
    const connection: Session = {
      close: () => {},
      open: () => Promise.reject(new Error('not here')),
      exec: async (command) => {
        execs++;
        const marker = /vt[0-9a-f]{24}/.exec(command)?.[0] ?? '';
        const said = { stdout: `\n${marker}:begin\n`, stderr: stderr.replace('MARK', marker) };
        throw new ConnectionError('exec_timeout', 'm', '', false, said);
      },
    };
    await expect(read(connection)).rejects.toMatchObject({ code: 'exec_timeout' });
    expect(execs).toBe(1);
  });
});

it('a virsh that pads the names of its lists says the same', async () => {
  const host = simHost('hv');
  for (const name of ['a', ' b ', 'x'.repeat(40)]) defineDomain(host, { name, nics: [{}] });
  const connection: Session = {
    close: () => {},
    open: () => Promise.reject(new Error('not here')),
    exec: (command) => runCommandLine(host, command),
  };
  const plain = await read(connection);
  host.knobs.listNames = 'padded';
  expect((await runCommandLine(host, "virsh 'list --uuid --name'")).stdout).toMatch(
    /^[0-9a-f-]{36} a {29}$/m,
  );
  expect(await read(connection)).toEqual(plain);
});
