import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';

/** What Containerfile makes: apt-get install buildah mmdebstrap. What builders read of it: test/unit/docs/container.test.ts. */

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const canBuild = LONG && process.getuid?.() === 0 && has('buildah') && has('mmdebstrap');
const name = canBuild
  ? 'the container image'
  : 'the container image (left out: npm run test:long has it, as root, with buildah and mmdebstrap)';

describe.skipIf(!canBuild)(name, () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-container-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }), 300_000);

  it('is built, runs the demo as a user that is not root, and is none that it can change', () => {
    const script = join(import.meta.dirname, 'container.sh');
    const { status, stdout, stderr } = spawnSync('bash', [script, dir], { encoding: 'utf8' });
    expect(status, stderr.slice(-3000)).toBe(0);
    expect(stderr).not.toContain('start more slowly');
    const [user, version, , ssh] = stdout
      .split('\n')
      .slice(-1000)
      .filter((line) => line !== '')
      .slice(0, 4);
    expect([user, ssh]).toEqual(['1000', expect.stringMatching(/^OpenSSH_/)]);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(stdout).toMatch(/\ndemo 0\nread-only\n$/);
  }, 1_800_000);
});
