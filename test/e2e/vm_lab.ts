import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject, type TestContext } from 'vitest';
import { LAB, lab } from './lab.ts';

/** The lab's virtual machine, whose kernel is Debian's: all of tc, and cgroup v2 below systemd. */

export const VM = 'vm01';

export interface VmLab {
  /** Why there is none here, or ''. */
  readonly missing: string;
  /** Leaves it to the next file: it takes minutes to start, and ends with the lab. In a lab that stays it is stopped, unless it was up before. */
  readonly close: () => Promise<void>;
}

/**
 * Starts it, or takes the one that is up.
 * @throws Error where it should be there and is not: always in CI
 */
export async function startVm(): Promise<VmLab> {
  const nothing = async () => {};
  let missing = inject('labMissing');
  let close = nothing;
  if (missing === '') {
    const wasUp = (await lab(['status'])).includes(`${VM} `);
    try {
      await lab(['vm-up']);
      if (!wasUp && process.env.VIRTUNE_TEST_LAB !== undefined) close = () => lab(['vm-down']).then(() => {});
    } catch (error) {
      // 69: it cannot run on this machine.
      if (!(error instanceof Error) || !error.message.startsWith('lab.sh vm-up: 69')) throw error;
      missing = error.message;
    }
  }
  if (missing !== '') {
    if (process.env.CI)
      throw new Error(`the virtual machine is missing, and in CI that is a failure: ${missing}`);
    console.warn(`\nLeft out: all tests on Debian's own kernel:\n${missing}\n`);
  }
  return { missing, close };
}

/** So much of its console is told. */
const TOLD = 3_000;

/**
 * Before each test on it: leaves the test out where there is none. Where the test fails, what its console said last is
 * told: in emulation a kernel may stop for a reason of its own.
 */
export function onVm(vm: () => VmLab): (context: TestContext) => void {
  return (context) => {
    context.skip(vm().missing !== '', vm().missing);
    context.onTestFailed(async () => {
      const said = await readFile(join(LAB, 'vm', 'console.log'), 'utf8').catch(String);
      console.error(`The end of the console of ${VM}:\n${said.slice(-TOLD)}`);
    });
  };
}
