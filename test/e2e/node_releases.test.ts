import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN, run } from './lab.ts';

/** The maintained releases of Node beside the one that runs the tests: `.ci/run` installs them, VIRTUNE_NODES names where. */
const RELEASES = ['22', '24', '26'];
const DIR = process.env.VIRTUNE_NODES;
if (DIR === undefined && process.env.CI)
  throw new Error(
    'VIRTUNE_NODES is not set: other releases of Node are missing, and in CI that is a failure',
  );
const name =
  DIR === undefined ? 'Node %s (left out: VIRTUNE_NODES names no folder with it, see .ci/run)' : 'Node %s';

describe.skipIf(DIR === undefined).each(RELEASES)(name, (release) => {
  const node = join(DIR ?? '', `node_modules/node${release}/bin/node`);
  const api = join(MAIN, '../../api/index.js');

  it('runs the demo, and says nothing of its own', async () => {
    expect(existsSync(node), node).toBe(true);
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${release}\\.`));
    const { code, stdout, stderr } = await run(node, [MAIN, 'demo']);
    expect([code, stderr], stdout).toEqual([0, '']);
    expect(stdout).toMatch(/--check.*exit status 2.*10 changed.*exit status 0.*13 in sync.*exit status 0/s);
  });

  it('gives programs the API', async () => {
    const program = `const { validate } = await import(${JSON.stringify(api)});
      const { plays } = await validate({ playbooks: ['playbooks/nic-limits.yml'], inventory: ['inventory'] });
      console.log(plays.length)`;
    const ran = await run(node, ['--input-type=module', '-e', program]);
    expect(ran).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  });
});
