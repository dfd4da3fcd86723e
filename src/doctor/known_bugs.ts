/** A bug of libvirt that matters to limits of NICs, and the release that is without it (libvirt facts, section 8). */
interface KnownBug {
  readonly fixedIn: string;
  readonly text: string;
  /** Worth a warning, or only a note: virtune works around it, or it is everywhere still. */
  readonly serious: boolean;
  readonly ovsOnly?: boolean;
}

const BUGS: readonly KnownBug[] = [
  { fixedIn: '1.2.3', text: 'a limit of a running VM cannot be taken away', serious: true },
  {
    fixedIn: '1.2.10',
    text: 'libvirt does not show the limits that it has set in a running VM',
    serious: true,
  },
  { fixedIn: '1.2.12', text: 'a change that fails halfway loses the old limits', serious: true },
  {
    fixedIn: '3.10.0',
    text: 'NICs that libvirt cannot limit are reported as limited; macvtap NICs get the two directions swapped',
    serious: true,
  },
  {
    fixedIn: '8.0.0',
    text: 'bursts of Open vSwitch ports are converted wrongly',
    serious: true,
    ovsOnly: true,
  },
  {
    fixedIn: '10.3.0',
    text: 'limits of Open vSwitch ports stay in its database after a VM has stopped',
    serious: false,
    ovsOnly: true,
  },
  {
    fixedIn: '12.4.0',
    text: "a change of one direction rebuilds both: the NIC is without limits for a moment, and others' tc rules on its device are lost",
    serious: false,
  },
];

export interface BugsOf {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** The known bugs of a version of libvirt, e.g. `9.0.0`. */
export function bugsOf(version: string, hasOvs: boolean): BugsOf {
  const present = BUGS.filter((bug) => isBefore(version, bug.fixedIn) && (hasOvs || bug.ovsOnly !== true));
  const texts = (serious: boolean) =>
    present
      .filter((bug) => bug.serious === serious)
      .map((bug) => `${bug.text} (until libvirt ${bug.fixedIn})`);
  return { warnings: texts(true), notes: texts(false) };
}

/** Whether a version is older than another. */
export function isBefore(version: string, other: string): boolean {
  const parts = (text: string) => text.split('.').map(Number);
  const [a, b] = [parts(version), parts(other)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
