import { afterAll, beforeAll, expect } from 'vitest';
import type { ReportedHost } from '../lab.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  lab,
  type Played,
  play,
  removeGuests,
  type Simulated,
  simulate,
  type Written,
  write,
} from '../lab.ts';
import { hostOf, newRate } from './shared.ts';

/** A real host in trouble, in one run with a healthy one. */

/** The host that gets into trouble; the healthy one beside it is simulated and called `fine`. */
export const HOST = 'hv03';

/** A run over both. */
export interface Beside extends Played {
  readonly host: ReportedHost;
  readonly rate: number;
}

/** Runs a script on the host. */
export const onHost = (script: string, ...args: string[]) =>
  lab(['exec', HOST, 'bash', '-ec', script, ...args]);

/** Puts the host into trouble for the time of a test. */
export async function during<T>(begin: string, end: string, body: () => Promise<T>): Promise<T> {
  try {
    await onHost(begin);
    return await body();
  } finally {
    await onHost(end);
  }
}

/** Makes sshd read its settings again. */
export const SSHD = 'kill -HUP $(cat /run/sshd.pid); sleep 0.3';
export const LIBVIRTD_STOP = 'p=$(cat /run/libvirtd.pid); kill $p; while [ -e /proc/$p ]; do sleep 0.1; done';
export const LIBVIRTD_START = 'libvirtd -d; until virsh -q list >/dev/null; do sleep 0.1; done';

/** What the tests of one file do with the two hosts. */
export interface RealHost {
  /** The UUID of the VM that a test limits. */
  readonly uuid: () => string;
  /** A playbook for both hosts, with variables for the one in trouble. */
  readonly playbook: (vars: object) => { readonly written: Written; readonly rate: number };
  /** Runs it; the healthy host must be changed. */
  readonly beside: (vars?: object, ...args: string[]) => Promise<Beside>;
  /** The same for a run of one's own. */
  readonly judged: (played: Played, rate: number) => Promise<Beside>;
  /** That the run has changed the host as if there were no trouble. */
  readonly expectChanged: (beside: Beside) => Promise<void>;
}

/** Prepares both hosts before the tests of a suite, and cleans up after them. */
export function realHost(): RealHost {
  let sim: Simulated;
  let uuid = '';
  beforeAll(async () => {
    await removeGuests(HOST, 'tr-');
    sim = await simulate(['fine']);
    uuid = await guest(HOST, 'tr-real', '--nic', bridgeNic('52:54:00:ee:00:01'));
  });
  afterAll(async () => {
    await sim?.close();
    await removeGuests(HOST, 'tr-');
  });

  const playbook = (vars: object) => {
    const rate = newRate();
    const written = write(
      { rules: [{ domain: ['tr-real', 'sim'], inbound: rate }] },
      {
        hosts: `${HOST},fine`,
        inventory: { all: { hosts: { fine: sim.vars('fine'), [HOST]: vars } } },
      },
    );
    return { written, rate };
  };

  /** Runs a playbook on the host and on a healthy one, which must be changed. */
  const beside = async (vars: object = {}, ...args: string[]): Promise<Beside> => {
    const { written, rate } = playbook(vars);
    return judged(await play(written, ...args), rate);
  };

  const judged = async (played: Played, rate: number): Promise<Beside> => {
    expect(hostOf(played, 'fine').status).toBe('changed');
    expect(sim.limits('fine')?.inbound?.average).toBe(rate);
    return { ...played, rate, host: hostOf(played, HOST) };
  };

  const expectChanged = async ({ code, host, rate }: Beside) => {
    expect([code, host.status, host.error, host.resources.map((nic) => nic.reason)]).toEqual([
      0,
      'changed',
      undefined,
      [undefined],
    ]);
    for (const flags of [[], ['--inactive']]) {
      expect(await bandwidth(HOST, uuid, ...flags)).toEqual([`<inbound average='${rate}'/>`]);
    }
  };
  return { uuid: () => uuid, playbook, beside, judged, expectChanged };
}
