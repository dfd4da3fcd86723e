import { networksFact } from '../facts/networks.ts';
import { nicsFact } from '../facts/nics.ts';
import { hostFacts, keepPaths } from '../facts/read.ts';
import { type AnswerError, frameError, parseReadAnswer } from '../libvirt/answer.ts';
import { TC_MODULES, type TcModule } from '../libvirt/doctor_script.ts';
import type { VirshErrorKind } from '../libvirt/errors.ts';
import { type Section, splitSections } from '../libvirt/sections.ts';
import type { HostFacts } from '../model/facts.ts';

export type ModuleState = 'loaded' | 'builtin' | 'available' | 'absent' | 'unknown';

/** A trouble with virsh in its own words. */
export interface VirshTrouble {
  readonly kind: VirshErrorKind;
  readonly text: string;
}

/** What DOCTOR_PROGRAM found, as data. */
export interface Examination {
  /** Seconds since 1970 by the host's clock; null where it did not say. */
  readonly time: number | null;
  /** The user that the program ran as. */
  readonly user: string;
  readonly groups: readonly string[];
  /** What the key's forced command allows (docs/virtune-forced-command.sh); '' without one. */
  readonly keyMode: string;
  readonly loginShell: string;
  /** Bytes that the login's profile printed before the program ran. */
  readonly noise: number;
  readonly kernel: string;
  /** What `tc -V` says; '' where there is none. */
  readonly tc: string;
  readonly modules: Readonly<Record<TcModule, ModuleState>>;
  /** False where the kernel takes no more modules until its next start. */
  readonly mayLoadModules: boolean;
  /** Version; '' where it is not installed. */
  readonly ovs: string;
  /** What ovs-vsctl says where it has no access to its database, else ''. */
  readonly ovsTrouble: string;
  /** Versions; '' where virsh is missing or does not say. */
  readonly virsh: string;
  /** What was said instead of virsh's version. */
  readonly virshSaid: string;
  readonly daemon: string;
  readonly qemu: string;
  readonly uri: string;
  readonly facts: HostFacts | VirshTrouble;
}

export type DoctorAnswer = { readonly examination: Examination } | { readonly error: AnswerError };

/** What of the VMs findings are about. */
const FACTS = [nicsFact, networksFact];

/** What the host is to keep of its descriptions for that. */
export const DOCTOR_KEEP = keepPaths(FACTS);

/** Reads the answer of DOCTOR_PROGRAM. */
export function parseDoctorAnswer(marker: string, stdout: string, stderr: string): DoctorAnswer {
  const sections = splitSections(marker, stdout);
  const frame = frameError(sections, stdout, stderr);
  if (frame !== null && frame.kind !== 'no_virsh') return { error: frame };
  const read = parseReadAnswer(marker, stdout, stderr);
  const of = (name: string): string => body(sections, name);
  const version = of('version');
  const modules = of('modules');
  return {
    examination: {
      time: /^\d+$/.test(of('time')) ? Number(of('time')) : null,
      user: line(of('who'), 0),
      groups: line(of('who'), 1).split(' '),
      keyMode: line(of('who'), 2),
      loginShell: of('login').split(':')[6] ?? '',
      noise: stdout.slice(0, stdout.indexOf(`${marker}:begin`)).trim().length,
      kernel: of('kernel'),
      tc: of('tc').startsWith('/') ? line(of('tc'), 1) : '',
      modules: moduleStates(modules),
      mayLoadModules: line(modules, 0) !== '1',
      ovs: /ovs-vsctl \(Open vSwitch\) (\S+)/.exec(of('ovs'))?.[1] ?? '',
      ovsTrouble: /^ovs-vsctl: (.*)/m.exec(of('ovs'))?.[1] ?? '',
      virsh: /^\d+\.\d+\.\d+/.exec(of('client'))?.[0] ?? '',
      virshSaid: of('client').slice(0, 300),
      daemon: /Running against daemon: ([\d.]+)/.exec(version)?.[1] ?? '',
      qemu: /Running hypervisor: (.+)/.exec(version)?.[1] ?? '',
      uri: /^[a-z][a-z0-9+.-]*:\/\/\S*/m.exec(version)?.[0] ?? '',
      facts:
        'error' in read
          ? { kind: kindOf(read.error), text: read.error.message }
          : hostFacts(read.answer, FACTS),
    },
  };
}

function moduleStates(text: string): Examination['modules'] {
  const state = (name: string): ModuleState =>
    (new RegExp(`^${name} (loaded|builtin|available|absent)$`, 'm').exec(text)?.[1] as ModuleState) ??
    'unknown';
  const names = Object.keys(TC_MODULES) as TcModule[];
  return Object.fromEntries(names.map((name) => [name, state(name)])) as Record<TcModule, ModuleState>;
}

function kindOf(error: AnswerError): VirshErrorKind {
  const ofAnswer = ['cut', 'garbled', 'no_answer', 'merged_streams'] as const;
  return ofAnswer.some((kind) => kind === error.kind) ? 'virsh_failed' : (error.kind as VirshErrorKind);
}

function body(sections: readonly Section[], name: string): string {
  return sections.find((section) => section.name === name)?.body.trim() ?? '';
}

function line(text: string, index: number): string {
  return text.split('\n')[index]?.trim() ?? '';
}
