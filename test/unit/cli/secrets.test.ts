import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askSecrets } from '../../../src/cli/secrets.ts';
import { InputError } from '../../../src/model/diagnostic.ts';
import { tree } from '../project/tree.ts';

describe('passwords from files', () => {
  it('are the text without blanks around it, or what a program prints', async () => {
    const dir = await tree({ text: ' a b \n\n', program: '#!/bin/sh\necho " c "\necho\n' });
    await chmod(join(dir, 'program'), 0o755);
    const { password, become } = await askSecrets({
      connectionPasswordFile: join(dir, 'text'),
      becomePasswordFile: join(dir, 'program'),
    });
    expect([password?.(), become.password?.()]).toEqual(['a b', ' c ']);
  });

  it('are none where no file is named: the one to log in with is for that alone', async () => {
    const dir = await tree({ text: 'x' });
    const { password, become } = await askSecrets({ connectionPasswordFile: join(dir, 'text') });
    expect([password?.(), become.password]).toEqual(['x', undefined]);
    expect(await askSecrets({})).toEqual({ become: {} });
  });

  it.each([
    ['gone', /SSH password file .*gone.*does not exist|no such file/i],
    ['empty', /the SSH password file .*empty is empty/],
    ['binary', /the SSH password of .* is not UTF-8|not UTF-8/],
    ['fails', /the SSH password program .*fails .*no agent/s],
    ['no-program', /may be executed, but is no program/],
  ])('%s', async (name, says) => {
    const dir = await tree({
      empty: '\n',
      binary: Buffer.from([0xff, 0xfe]),
      fails: '#!/bin/sh\necho no agent >&2\nexit 3\n',
      'no-program': 'secret\n',
    });
    for (const program of ['fails', 'no-program']) await chmod(join(dir, program), 0o755);
    const failed = await askSecrets({ connectionPasswordFile: join(dir, name) }).catch((error) => error);
    expect(failed).toBeInstanceOf(InputError);
    expect(failed.diagnostics[0].message).toMatch(says);
    expect(JSON.stringify(failed.diagnostics)).not.toContain('secret');
  });
});
