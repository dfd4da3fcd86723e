import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findConfigFile, loadConfigFile } from '../../../src/project/config_file.ts';
import { tree } from './tree.ts';

const FILES = {
  'here/ansible.cfg': '',
  'home/.ansible.cfg': '',
  'other/ansible.cfg': '',
  'other/my.cfg': '',
};

/** As on a machine without /etc/ansible/ansible.cfg, which a test cannot take away. */
describe('which ansible.cfg', () => {
  const find = async (root: string, env: Record<string, string> = {}) => {
    const found = await findConfigFile({ env, home: join(root, 'home'), cwd: join(root, 'here') });
    return { path: found.path?.replace(root, ''), warnings: found.warnings.map(({ message }) => message) };
  };

  it('the first that is there', async () => {
    const root = await tree(FILES);
    const named = (ANSIBLE_CONFIG: string) => find(root, { ANSIBLE_CONFIG });
    expect(await find(root)).toEqual({ path: '/here/ansible.cfg', warnings: [] });
    expect((await named('../other')).path).toBe('/other/ansible.cfg');
    expect((await named(join(root, 'other/my.cfg'))).path).toBe('/other/my.cfg');
    expect((await named('../nowhere')).path).toBe('/here/ansible.cfg');
    expect((await named('~/.ansible.cfg')).path).toBe('/home/.ansible.cfg');
    expect((await find(await tree({ 'here/x': '', 'home/.ansible.cfg': '' }))).path).toBe(
      '/home/.ansible.cfg',
    );
  });

  it('not that of a folder in which anybody may write, with a warning', async () => {
    const root = await tree(FILES);
    await chmod(join(root, 'here'), 0o777);
    const passed = [expect.stringContaining('anybody may write into this folder')];
    expect(await find(root)).toEqual({ path: '/home/.ansible.cfg', warnings: passed });
    expect(await find(root, { ANSIBLE_CONFIG: './ansible.cfg' })).toEqual({
      path: '/here/ansible.cfg',
      warnings: [],
    });
    expect(await find(root, { ANSIBLE_CONFIG: 'nowhere' })).toEqual({
      path: '/home/.ansible.cfg',
      warnings: passed,
    });
    const bare = await tree({ 'here/x': '', 'home/.ansible.cfg': '' });
    await chmod(join(bare, 'here'), 0o777);
    expect(await find(bare)).toEqual({ path: '/home/.ansible.cfg', warnings: [] });
  });

  it('its name says what it is', async () => {
    await expect(loadConfigFile('/x/ansible.yml')).rejects.toThrow('no configuration file');
    const root = await tree(FILES);
    expect((await loadConfigFile(join(root, 'other/my.cfg'))).diagnostics).toEqual([]);
  });
});
