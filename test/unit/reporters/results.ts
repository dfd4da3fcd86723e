import type { Change, Next, Setting } from '../../../src/model/change.ts';
import type { HostResult, RunResult } from '../../../src/model/result.ts';
import { SUBJECT_STATUSES, type SubjectStatus } from '../../../src/model/status.ts';
import { NIC_SETTINGS } from '../../../src/modules/nic_limits/settings.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import type { ReportContext } from '../../../src/reporters/reporter.ts';

/** Results of runs for the tests of formats. */

const LIMIT: Readonly<Record<string, number>> = {
  'inbound.average': 12_500,
  'inbound.peak': 12_500,
  'inbound.burst': 12_500,
};

/** What a NIC is to have later. */
export const NEXT: Next = {
  at: '2026-12-01T06:00:00Z',
  zone: 'UTC',
  desired: { live: {}, config: {} },
  rules: [],
  text: 'until 2026-12-01 06:00 UTC, then <b>unlimited</b>',
};

/** A NIC that was unlimited and is to receive 100 Mbit/s. */
export function nicChange(status: SubjectStatus, given: Partial<Change> = {}): Change {
  const isRight = status === 'inSync' || status === 'unmanaged';
  const settings = NIC_SETTINGS.map(({ name, unit }): Setting => {
    const desired = name.startsWith('inbound.') ? (LIMIT[name] ?? null) : undefined;
    const has = isRight ? (LIMIT[name] ?? null) : null;
    return {
      name,
      unit,
      desired: desired === undefined ? {} : { live: desired, config: desired },
      live: has,
      config: has,
    };
  });
  const failed = !['inSync', 'pending', 'changed', 'unmanaged'].includes(status);
  return {
    module: 'nic_limits',
    play: 'p',
    task: 't',
    host: 'hv01',
    domain: {
      uuid: '5d4c1c6e-0000-4000-8000-000000000001',
      name: 'web-01',
      state: 'running',
      persistent: true,
    },
    subject: {
      kind: 'nic',
      key: '52:54:00:00:00:01#0',
      label: 'nic 1',
      index: 1,
      mac: '52:54:00:00:00:01',
      target: 'vnet0',
      type: 'bridge',
      source: 'br0',
      ovs: false,
    },
    settings,
    rules: [{ name: 'web tier', file: 'inventory/group_vars/compute.yml', line: 4 }],
    steps: isRight
      ? []
      : [{ commands: [['domiftune', '5d4c1c6e-0000-4000-8000-000000000001', '52:54:00:00:00:01']] }],
    status,
    ...(failed ? { reason: `it is ${status}` } : {}),
    after: null,
    ...given,
  };
}

export function hostResult(name: string, given: Partial<HostResult> = {}): HostResult {
  return {
    name,
    address: '192.0.2.1',
    hypervisor: name,
    status: 'ok',
    durationMs: 1234,
    resources: [],
    totals: { nic: given.resources?.length ?? 0 },
    ...given,
  };
}

export function runResult(hosts: readonly HostResult[], given: Partial<RunResult> = {}): RunResult {
  return {
    id: '20260101T000000000Z-00000000',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:12.345Z',
    mode: 'check',
    playbooks: ['playbooks/nic-limits.yml'],
    inventory: ['inventory'],
    user: 'ops',
    command: 'virtune run playbooks/nic-limits.yml --check',
    exitCode: 2,
    hosts,
    unmatchedRules: [],
    missingDomains: [],
    warnings: [],
    ...given,
  };
}

/** A NIC of each status on one host, and a host of each kind of trouble. */
export function everyOutcome(): RunResult {
  const resources = SUBJECT_STATUSES.map((status, index) => {
    const one = nicChange(status, status === 'busy' ? { job: 'outgoing migration' } : {});
    const label = `nic ${index + 1}`;
    return { ...one, subject: { ...one.subject, key: `key-${index}`, label, index: index + 1 } };
  });
  return runResult(
    [
      hostResult('hv01', { status: 'refused', resources }),
      hostResult('hv02', { status: 'unreachable', error: 'no route', errorCode: 'unreachable_route' }),
      hostResult('hv03', { status: 'failed', error: 'no virsh', errorCode: 'no_virsh', ignored: true }),
      hostResult('hv04', { status: 'skipped' }),
      hostResult('hv05', { resources: [nicChange('inSync')] }),
    ],
    {
      unmatchedRules: [
        { name: 'nothing', file: 'rules.yml', line: 3, required: false },
        { name: 'needed', file: 'rules.yml', line: 9, required: true },
      ],
      missingDomains: [{ domain: 'gone-1', rule: { name: 'gone', file: 'rules.yml', line: 12 } }],
      warnings: [
        {
          severity: 'warning',
          message: 'odd',
          hint: 'write it so',
          place: { file: 'a.yml', line: 2, column: 5 },
        },
      ],
    },
  );
}

/** Text that some format or platform would take for more than text. */
export const HOSTILE: readonly string[] = [
  '::error file=a,line=1::owned',
  ' ::set-output name=x::owned',
  '##[error]owned',
  '##vso[task.complete result=Failed;]owned',
  "##teamcity[buildStop comment='owned']",
  '<script>window.pwned = 1</script>',
  '"><img src=x onerror="window.pwned=1">',
  "' onmouseover='window.pwned=1",
  '</script><svg onload=window.pwned=1>',
  '<!-- virtune:x --> --> <!--',
  ']]><![CDATA[<x/>',
  '&lt;&amp;&#10;%0A%25',
  '@everyone #123 GH-1 !7 org/repo@abcdef1',
  '| a | b |\n|---|---|',
  '```\n# title\n```` ~~~',
  '[link](javascript:alert(1)) ![x](http://example.invalid/x.png)',
  '<details><summary>x</summary>',
  '\u001b[2J\u001b]0;title\u0007\u009b31m',
  'a\r\nb\tc\u2028d\u0000e\ufffe\ud800',
  '\u202eesrever\u2066\u200b',
  '{{ 7 * 7 }} $\u007b{ secrets.TOKEN }} $[[ inputs.x ]] $(id) `id`',
  'EOF\nname=value\n=x',
  "=cmd|'/c calc'!A1",
  '__proto__',
  '{"a":1}\n{"b":2}',
  'virtune_up{host="x"} 1\n# EOF',
  'x'.repeat(20_000),
];

/** All of it wherever a host or a file may put it. */
export function hostileResult(mode: RunResult['mode'] = 'check'): RunResult {
  const hosts = HOSTILE.map((text, index) => {
    const change = (status: SubjectStatus, nth: number) =>
      nicChange(status, {
        host: text,
        play: text,
        task: text,
        domain: { uuid: `5d4c1c6e-0000-4000-8000-${index}`, name: text, state: 'running', persistent: true },
        subject: {
          kind: 'nic',
          key: `${text}${nth}`,
          label: text,
          index: nth,
          mac: text,
          target: text,
          type: text,
          source: text,
          ovs: false,
        },
        rules: [{ name: text, file: text, line: 1 }],
        reason: text,
        job: text,
        notes: [text],
        cause: {
          kind: 'moved',
          rules: { now: [], earlier: [{ name: text, file: text, line: 1 }] },
          text,
          detail: text,
        },
        waiver: { owner: text, reason: text, until: text, file: text, line: 1 },
      });
    return hostResult(`${index} ${text}`, {
      address: text,
      status: 'failed',
      error: text,
      errorCode: 'x',
      notes: [text],
      resources: [change('failed', 1), change(mode === 'check' ? 'pending' : 'changed', 2)],
    });
  });
  return runResult(hosts, {
    mode,
    exitCode: 3,
    user: HOSTILE.join(' '),
    command: HOSTILE.join(' '),
    playbooks: HOSTILE,
    baseline: { id: HOSTILE.join(' '), note: HOSTILE.join(' ') },
    waivers: HOSTILE.map((text) => ({
      ...{ owner: text, reason: text, until: text, file: text, line: 1 },
      state: 'expired' as const,
      count: 1,
    })),
    gone: HOSTILE.map((text) => ({
      kind: 'gone' as const,
      host: text,
      name: text,
      uuid: text,
      rule: { name: text, file: text, line: 1 },
      text,
    })),
    inventory: HOSTILE,
    unmatchedRules: HOSTILE.map((name) => ({ name, file: name, line: 1, required: true })),
    missingDomains: HOSTILE.map((domain) => ({ domain, rule: { name: domain, file: domain, line: 1 } })),
    warnings: HOSTILE.map((message) => ({
      severity: 'warning' as const,
      message,
      hint: message,
      place: { file: message, line: 1, column: 1 },
    })),
  });
}

/** Files are called as from the folder above. */
/** Formats that tell every finding, also those that are about no subject. The others only count. */
export const TELLING: readonly string[] = Object.keys(REPORTERS).filter(
  (format) => !['prometheus', 'gitlab-terraform'].includes(format),
);

export const CONTEXT: ReportContext = { version: '1.2.3', inRepository: (file) => `repo/${file}` };
