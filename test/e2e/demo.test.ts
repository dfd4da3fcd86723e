import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAIN, run, start, virtune } from './lab.ts';

/** The command that a newcomer runs first. It needs no lab. */
describe('virtune demo', () => {
  const inOrder = /--check.*exit status 2.*10 changed.*exit status 0.*13 in sync.*exit status 0/s;

  it('checks, applies, and changes nothing the second time', async () => {
    const { code, stdout } = await virtune(['demo']);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(inOrder);
  });

  it('keeps its fleet for other commands until it is interrupted', async () => {
    const { child, ended } = start(process.execPath, [MAIN, 'demo', '--keep'], { NO_COLOR: '1' });
    let said = '';
    const files = await new Promise<string[]>((found) => {
      child.stdout?.on('data', (text: string) => {
        said += text;
        const told = /virtune show (-i .*)\n/.exec(said)?.[1];
        if (told !== undefined) found(told.split(' '));
      });
      void ended.then(() => found([]));
    });
    const shown = await virtune(['show', ...files]);
    const examined = await virtune(['doctor', ...files]);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect([shown.code, code], shown.stderr + stdout).toEqual([0, 0]);
    expect([examined.code, examined.stdout]).toEqual([0, expect.stringMatching(/\n3 hosts: 3 ok\n$/)]);
    expect(shown.stdout).toContain('100 Mbit/s');
    expect(existsSync(files.at(-1) ?? '')).toBe(false);
  });

  it('names the commands by what works where it was begun', async () => {
    const said = async (npm: string) =>
      (await run(process.execPath, [MAIN, 'demo'], { npm_command: npm })).stdout;
    expect(await said('exec')).toContain('$ npx virtune run playbooks/nic-limits.yml');
    expect(await said('')).toContain('$ virtune run playbooks/nic-limits.yml');
  });

  const nobody = ['--reuid=54321', '--regid=54321', '--clear-groups', 'env', 'HOME=/tmp', 'NO_COLOR=1'];
  // Only root can become such a user, who cannot read a checkout below, say, /root.
  const possible = () => spawnSync('setpriv', [...nobody, 'test', '-r', MAIN]).status === 0;

  it('works for a user without a name, as in many containers', async ({ skip }) => {
    if (!possible()) skip('no such user can be made here, or it cannot read the checkout');
    const { code, stdout, stderr } = await run('setpriv', [...nobody, process.execPath, MAIN, 'demo']);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(inOrder);
  });
});
