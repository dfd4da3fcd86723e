import { existsSync, readFileSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loadInventory } from '../../../src/project/inventory.ts';
import { loadInventoryProgram } from '../../../src/project/inventory_script.ts';
import { tree } from '../../unit/project/tree.ts';

/** A program of that text, executable. */
async function program(text: string, name = 'inv.sh'): Promise<string> {
  const path = join(await tree({ [name]: text }), name);
  await chmod(path, 0o755);
  return path;
}

const print = (value: unknown) => `#!/bin/sh\ncat <<'END'\n${JSON.stringify(value)}\nEND\n`;

describe('inventory programs', () => {
  it('are asked for the list, which has the variables of hosts', async () => {
    const path = await program(print({ _meta: { hostvars: { a: { v: 1 } } }, web: { hosts: ['b', 'a'] } }));
    const { inventory, diagnostics } = await loadInventory([path]);
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.values()].map(({ name, vars }) => [name, vars])).toEqual([
      ['b', {}],
      ['a', { v: 1 }],
    ]);
  });

  it('are asked for each host where the list has no _meta', async () => {
    const path = await program(
      `#!/bin/sh\nif [ "$1" = --list ]; then echo '{"web": ["a", "b b", "c", "e"]}'; elif [ "$2" = e ]; then :; else echo "{\\"arg\\": \\"$2\\"}"; fi\n`,
    );
    const { diagnostics } = await loadInventory([path]);
    expect(diagnostics.map((d) => d.message)).toEqual(['"b b" is not a host name']);
    const fine = await program((await text(path)).replace('"b b"', '"$(id)"'));
    const { inventory, diagnostics: none } = await loadInventory([fine]);
    expect(none).toEqual([]);
    // No shell sees a name.
    expect([...inventory.hosts.values()].map(({ name, vars }) => [name, vars])).toEqual([
      ['a', { arg: 'a' }],
      ['$(id)', { arg: '$(id)' }],
      ['c', { arg: 'c' }],
      ['e', {}],
    ]);
  });

  it('may have the name of a YAML file, or none that says anything', async () => {
    const list = print({ _meta: {}, web: ['a'] });
    for (const name of ['h.yml', 'h', 'h.inventory']) {
      const { inventory } = await loadInventory([await program(list, name)]);
      expect([...inventory.hosts.keys()]).toEqual(['a']);
    }
  });

  it('are run in folders, in their place', async () => {
    const root = await tree({
      '2.sh': print({ _meta: {}, web: ['b'] }),
      '1.yml': 'w: {hosts: {a: }}',
      '3.json': '{"w": {"hosts": {"c": null}}}',
    });
    await chmod(join(root, '2.sh'), 0o755);
    const { inventory, diagnostics } = await loadInventory([root]);
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('are never run when they may not be', async () => {
    const marker = join(await tree({}), 'ran');
    const root = await tree({
      'inv.sh': `#!/bin/sh\ntouch ${marker}\n`,
      inv: `#!/bin/sh\ntouch ${marker}\n`,
    });
    for (const name of ['inv.sh', 'inv']) {
      const { diagnostics } = await loadInventory([join(root, name)]);
      expect(diagnostics.some((d) => d.severity === 'error')).toBe(true);
    }
    await expect(text(marker)).rejects.toThrow();
  });

  it.each([
    ['#!/bin/sh\necho one >&2\necho no token >&2\nexit 4\n', 'ended with status 4: one\nno token'],
    ['#!/bin/sh\nexit 1\n', 'ended with status 1, without a word on standard error'],
    ['#!/nowhere/interpreter\n', expect.stringContaining('could not be started (ENOENT)')],
    ['#!/bin/sh\n', 'printed nothing, without a word on standard error'],
    ['#!/bin/sh\necho [1]\n', 'must print a map in JSON'],
    ['#!/bin/sh\nprintf "{\\377}"\n', 'printed what is not UTF-8'],
    ['#!/bin/sh\nkill -9 $$\n', expect.stringContaining('was killed (SIGKILL)')],
  ])('%j is an error', async (script, message) => {
    const path = await program(script);
    const { diagnostics } = await loadInventoryProgram(path);
    expect(diagnostics.map((d) => d.message.replace(`the inventory program ${path} --list `, ''))).toEqual([
      message,
    ]);
  });

  it('says where what was printed is wrong', async () => {
    const path = await program(print({ web: { hosts: 'a' }, _meta: {} }));
    const { diagnostics } = await loadInventoryProgram(path);
    expect(diagnostics[0]).toMatchObject({
      message: 'the hosts of the group "web" must be a list, found the text "a"',
      place: { file: `${path} --list`, line: 1, column: 17 },
    });
  });

  it.each([
    ['#!/bin/sh\nsleep 60 & sleep 60\n', { milliseconds: 300, bytes: 1000 }, /took longer than 0.3 seconds/],
    [
      '#!/bin/sh\nexec cat /dev/zero\n',
      { milliseconds: 10_000, bytes: 2_097_152 },
      /printed more than 2 MiB/,
    ],
  ])('%j is stopped', async (script, limits, message) => {
    const { diagnostics } = await loadInventoryProgram(await program(script), undefined, limits);
    expect(diagnostics.map((d) => d.message)).toEqual([expect.stringMatching(message)]);
  });

  it.skipIf(process.platform !== 'linux')('leaves nothing behind when it is stopped', async () => {
    const log = `${await program('#!/bin/sh\n')}.pids`;
    const script = `#!/bin/sh\nsleep 60 & echo $! > ${log}; (sleep 60 & echo $! >> ${log}; wait); wait\n`;
    const limits = { milliseconds: 1000, bytes: 1000 };
    await loadInventoryProgram(await program(script), undefined, limits);
    const pids = readFileSync(log, 'utf8').trim().split('\n').map(Number);
    expect(pids).toHaveLength(2);
    // Of one that nobody waits for the entry stays, without words.
    const lives = (pid: number) =>
      existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
    await vi.waitFor(() => expect(pids.filter(lives)).toEqual([]), 30_000);
  });

  it('is not asked for more hosts after it has failed', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `h${i}`);
    const path = await program(
      `#!/bin/sh\nif [ "$1" = --list ]; then echo '${JSON.stringify({ web: names })}'; else echo no >&2; exit 1; fi\n`,
    );
    const { statements, diagnostics } = await loadInventoryProgram(path);
    expect(statements).toEqual([]);
    expect(diagnostics.map((d) => d.message)).toEqual([
      expect.stringMatching(/--host h[0-3] ended with status 1: no$/),
    ]);
  });
});

const text = (path: string) => readFile(path, 'utf8');
