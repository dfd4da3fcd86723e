import { inject } from 'vitest';
import { lab } from './lab.ts';

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
