import type { Cause } from '../../model/cause.ts';
import { type Change, desiredOf, type KernelDrift, kernelLack } from '../../model/change.ts';
import type { HostResult, RunResult, VmEvidence } from '../../model/result.ts';
import { trialDoubt } from '../on_trial.ts';
import { type Baseline, type Before, baselineOf, type Earlier, vmIn, vmsOf } from './baseline.ts';
import { differencesOf, type Evidence, eventsOf } from './events.ts';
import { goneVms } from './gone.ts';
import { causeOf, rulesText } from './words.ts';

/** Says why what hosts have differs, by an earlier result. */
export interface Drift {
  /** The host with a cause at everything that differs. */
  readonly explain: (host: HostResult) => HostResult;
  /** A whole result with its causes, and with the VMs that are gone. */
  readonly explained: (result: RunResult) => RunResult;
}

/**
 * Why there is a difference, as far as two results tell. They do not know who changed something; what has more than one
 * explanation is told as unknown.
 */
export function driftFrom(earlier: RunResult): Drift {
  return driftBy(earlier, (result) => ({ id: earlier.id, ...noteOf(earlier, result) }));
}

/** The same by something that is no whole result. @param told what a result says of it */
export function driftBy(
  earlier: Earlier,
  told: (result: RunResult) => NonNullable<RunResult['baseline']>,
): Drift {
  const baseline = baselineOf(earlier);
  const explain = explainer(baseline);
  return {
    explain: (host) => explain(host),
    explained: ({ gone: _, ...result }) => {
      // A report has the VMs of a hypervisor once, under the first of its names.
      const vms = vmsOf(result.hosts);
      const gone = goneVms(baseline, result);
      return {
        ...result,
        hosts: result.hosts.map((host) => explain(host, vms.get(host.hypervisor))),
        baseline: told(result),
        ...(gone.length === 0 ? {} : { gone }),
      };
    },
  };
}

/** The same for hosts alone, where there is no whole result. */
export function explainBy(earlier: Earlier): Drift['explain'] {
  const explain = explainer(baselineOf(earlier));
  return (host) => explain(host);
}

function explainer(baseline: Baseline): (host: HostResult, vms?: HostResult['vms']) => HostResult {
  return (host, vms = host.vms) => ({
    ...host,
    resources: host.resources.map((change) => {
      const { cause: _, ...bare } = change;
      const cause = causeIn(baseline, change, host, vmIn(vms, change.domain.uuid));
      return cause === undefined ? bare : { ...bare, cause };
    }),
  });
}

/** What a reader ought to know of a comparison. */
function noteOf(earlier: RunResult, { playbooks }: Pick<RunResult, 'playbooks'>): { readonly note?: string } {
  const [then, now] = [earlier.playbooks, playbooks].map((names) => names.join(', '));
  if (then === now) return {};
  return { note: `the baseline is of other playbooks: ${then || 'none'}; this run is of ${now || 'none'}` };
}

function causeIn(
  baseline: Baseline,
  change: Change,
  host: HostResult,
  now: VmEvidence | undefined,
): Cause | undefined {
  const lack = differencesOf(change).length === 0 ? kernelLackOf(change) : [];
  if (differencesOf(change).length === 0 && lack.length === 0) return undefined;
  // Nothing is declared anew, and nothing was lost: another run has not ended yet, which the reason says.
  if (change.status === 'refused' && change.onTrial !== undefined) return undefined;
  const { uuid } = change.domain;
  const there = baseline.subjects.get(uuid) ?? [];
  const here = there.filter((one) => one.host.hypervisor === host.hypervisor);
  const vm = vmIn(baseline.vms.get(host.hypervisor), uuid);
  const isHere = here.length > 0 || vm !== undefined;
  const before = (isHere ? here : there).find(
    (one) => one.change.module === change.module && one.change.subject.key === change.subject.key,
  );
  if (before === undefined) return withoutBefore(baseline, change, host, isHere, there);
  const { onTrial, doubt = trialDoubt(onTrial) } = before.change;
  if (doubt !== undefined) return { kind: 'unknown', text: `unknown: ${doubt}` };
  if (lack.length > 0) return inKernel(lack, before);
  const evidence: Evidence = { earlier: vmIn(before.host.vms, uuid) ?? vm, now, moved: !isHere };
  return causeOf(eventsOf(change, before.change, evidence), change, before, evidence);
}

/**
 * What the kernel lacks of what libvirt describes as declared. Whoever starts a VM sets it, so that it was lost since,
 * unless the earlier run has found and left it so.
 */
function inKernel(lack: readonly KernelDrift[], { change: { status, kernel } }: Before): Cause {
  const found = status === 'changed' ? [] : (kernel?.drift ?? []);
  if (lack.every(({ text }) => found.some((one) => one.text === text)))
    return { kind: 'stillDiffers', text: 'it differed in the baseline already' };
  if (status !== 'changed' && kernel === undefined)
    return { kind: 'unknown', text: 'unknown: the baseline does not tell what the kernel did' };
  const text = lack.map((one) => one.text).join('; ');
  return { kind: 'changedInKernel', text: `changed in the kernel behind libvirt: ${text}` };
}

const kernelLackOf = (change: Change): readonly KernelDrift[] =>
  change.kernel === undefined ? [] : kernelLack(change.kernel, desiredOf(change, 'live'));

/** The earlier result has nothing of the subject itself. */
function withoutBefore(
  baseline: Baseline,
  change: Change,
  host: HostResult,
  isHere: boolean,
  there: readonly Before[],
): Cause {
  const { uuid } = change.domain;
  const home = isHere ? undefined : (there[0]?.host.name ?? baseline.homes.get(uuid));
  if (home !== undefined)
    return { kind: 'moved', text: 'its VM was moved here from another host', detail: `from ${home}` };
  const then = change.rules.filter((rule) => baseline.hasRule(rule));
  const fresh = change.rules.filter((rule) => !baseline.hasRule(rule));
  if (isHere && fresh.length > 0) {
    const rules = { now: fresh, earlier: [] };
    return { kind: 'declaredAnew', rules, text: `declared anew: ${rulesText(change.rules, then)}` };
  }
  if (isHere)
    return baseline.listsAll
      ? { kind: 'newPart', text: 'new in its VM since the baseline' }
      : { kind: 'unknown', text: 'unknown: new in its VM, or named by no rule in the baseline' };
  if (!baseline.vms.has(host.hypervisor))
    return { kind: 'unknown', text: 'unknown: the baseline has not read this host' };
  const vms = baseline.vms.get(host.hypervisor);
  if (vms?.complete !== true)
    return {
      kind: 'unknown',
      text: 'unknown: the baseline does not tell whether this host had the VM',
    };
  if (baseline.partial)
    return {
      kind: 'unknown',
      text: 'unknown: a new VM, or one that was moved here from a host that the baseline has not read whole',
    };
  return { kind: 'newVm', text: 'a new VM: no host of the baseline had it' };
}
