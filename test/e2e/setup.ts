import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

const ROOT = resolve(import.meta.dirname, '../..');

declare module 'vitest' {
  export interface ProvidedContext {
    /** State folder of the running lab; '' when it cannot run here, and why. */
    lab: string;
    labMissing: string;
  }
}

/**
 * Builds the command line and starts a lab of three real hypervisors for all end-to-end tests. Where it cannot run,
 * those tests are left out and the reason is said; in CI that is a failure. VIRTUNE_TEST_LAB names a running lab to
 * use instead. VIRTUNE_BUILT=1 says that all is built: of two at once, none takes the other's program away.
 */
// biome-ignore lint/style/noDefaultExport: vitest asks for it
export default function setup(project: TestProject): (() => void) | undefined {
  if (process.env.VIRTUNE_BUILT !== '1')
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  const running = process.env.VIRTUNE_TEST_LAB;
  if (running) {
    project.provide('lab', resolve(running));
    project.provide('labMissing', '');
    return undefined;
  }
  const script = join(ROOT, 'lab/lab.sh');
  const check = spawnSync('bash', [script, 'check'], { encoding: 'utf8' });
  if (check.status !== 0) {
    const reason = check.stderr.trim() || `lab.sh check: ${check.error ?? `status ${check.status}`}`;
    if (process.env.CI) throw new Error(`the lab is missing, and in CI that is a failure: ${reason}`);
    console.warn(`\nLeft out: all tests against real hypervisors, since they cannot run here:\n${reason}\n`);
    project.provide('lab', '');
    project.provide('labMissing', reason);
    return undefined;
  }
  const dir = mkdtempSync(join(tmpdir(), 'virtune-lab-'));
  const env = { ...process.env, VIRTUNE_LAB_DIR: dir };
  const down = () => {
    spawnSync('bash', [script, 'openstack', 'down'], { env });
    spawnSync('bash', [script, 'vm-down'], { env });
    spawnSync('bash', [script, 'down'], { env, stdio: 'inherit' });
    rmSync(dir, { recursive: true, force: true });
  };
  const up = spawnSync('bash', [script, 'up', '3', '--guests', '0', '--ovs'], { env, stdio: 'inherit' });
  if (up.status !== 0) {
    down();
    throw new Error('the lab did not start');
  }
  project.provide('lab', dir);
  project.provide('labMissing', '');
  return down;
}
