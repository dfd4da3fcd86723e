/** A test that was left out, as far as the reason for it goes. */
export interface LeftOut {
  readonly project: string;
  /** Below test/. */
  readonly file: string;
  readonly name: string;
}

/** What the global set-up of a project has found missing; '' where nothing is. */
export interface Missing {
  readonly lab: string;
  readonly ansible: string;
}

/** Conditions that say for which of several cases a test is: nothing is left out by them. */
const NOT_FOR_THIS_CASE =
  /^unit\/(?:cli\/help|docs\/links)|^e2e\/(?:edges\/streams|transports_run)|scripts: false|over SSH$|ansible-core is installed$/;

const BY_FILE: readonly (readonly [RegExp, string])[] = [
  [/^e2e\/html/, 'there is no Chromium here (apt-get install chromium)'],
  [/prometheus/, 'there is no promtool here (apt-get install prometheus)'],
  [
    /^e2e\/(?:soak|cgroups|vm_confirm|vm_cgroups|trouble\/libvirt)/,
    'it takes too long after every change: npm run test:long has it',
  ],
  [/^integration\/(?:project|jinja)\/parity/, 'ansible-core is not installed (apt-get install ansible-core)'],
  [
    /^integration\/connection\/ask_person/,
    'there is no program that gives a terminal (apt-get install bsdutils)',
  ],
  [/^integration\/libvirt\/devices/, 'there is no block device here'],
  [
    /^integration\/(?:libvirt|connection\/become)/,
    'a shell or awk that it is about is not installed (apt-get install zsh fish tcsh busybox gawk mawk original-awk)',
  ],
  [/^thorough\/completion/, 'a shell that it is about is not installed (apt-get install zsh fish)'],
  [/^integration\/scripts\/man/, 'there is no groff here (apt-get install groff)'],
  [/^e2e\/connection/, 'there is no sshd here (apt-get install openssh-server)'],
];

/** Why a test was left out; null for one that is not for its case. */
export function reasonFor({ project, file, name }: LeftOut, missing: Missing): string | null {
  const said = /left out: (.*)$/s.exec(name)?.[1];
  if (said !== undefined) return said;
  if (NOT_FOR_THIS_CASE.test(file) || NOT_FOR_THIS_CASE.test(name)) return null;
  if (project === 'parity' && missing.ansible !== '') return missing.ansible;
  if (
    project === 'e2e' &&
    missing.lab !== '' &&
    !/^e2e\/(?:html|soak|cgroups|vm_confirm|vm_cgroups)/.test(file)
  )
    return `no lab of real hypervisors can run here: ${missing.lab}`;
  return BY_FILE.find(([pattern]) => pattern.test(file))?.[1] ?? 'its condition does not hold here';
}

/** What a package gives must be there in CI: a test that nobody runs holds nothing. */
export function isFailure(reason: string): boolean {
  return reason.includes('apt-get install');
}

/** One line a reason, with what is left out for it; none where nothing is. */
export function leftOutLines(tests: readonly LeftOut[], missing: Missing, inCi = false): readonly string[] {
  const byReason = new Map<string, LeftOut[]>();
  for (const test of tests) {
    const reason = reasonFor(test, missing);
    if (reason !== null) byReason.set(reason, [...(byReason.get(reason) ?? []), test]);
  }
  if (byReason.size === 0) return [];
  return [
    'Left out:',
    ...[...byReason].map(([reason, own]) => {
      const files = [...new Set(own.map(({ file }) => file))];
      const more = files.length > NAMED ? ` and ${files.length - NAMED} more files` : '';
      return `  ${own.length} of ${files.slice(0, NAMED).join(', ')}${more}: ${reason.split('\n').join(' ')}${inCi && isFailure(reason) ? IN_CI : ''}`;
    }),
  ];
}

const NAMED = 3;

/** Of a line that makes a run in CI fail. */
export const IN_CI = ': in CI that is a failure';
