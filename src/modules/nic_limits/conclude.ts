import type { StepOutcome } from '../../libvirt/answer.ts';
import type { WriteStep } from '../../libvirt/script.ts';
import type { Domain } from '../../model/facts.ts';
import type { BothLimits, NicResult } from '../../model/result.ts';
import type { Attempt } from '../module.ts';
import { type Card, cardsOf, configLimits } from './card.ts';
import type { NicItem } from './item.ts';
import { differs } from './plan.ts';
import { repairSteps } from './steps.ts';

/** Errors with which libvirt turns a set down before it touches the tap. */
const UNTOUCHED =
  /not a known interface|unsupported configuration|domain is not running|numerical overflow|mutually exclusive|Invalid use of 'floor'/;

/** Repairs are due when a live set may have stopped halfway. */
export function repairsOf(item: NicItem, outcome: StepOutcome, after: Domain | null): readonly WriteStep[] {
  if (outcome.kind !== 'virsh_failed' || UNTOUCHED.test(outcome.error)) return [];
  if (isLiveAsWanted(item, after)) return [];
  return item.result.commands.some((command) => command.includes(' --live ')) ? repairSteps(item.card) : [];
}

/** The result of a write: only what was read back counts as changed. */
export function concludeItem(item: NicItem, attempt: Attempt): NicResult {
  const { outcome } = attempt;
  const now = attempt.after === null ? null : sameCard(item.card, attempt.after);
  const after: BothLimits | null =
    now === null ? null : { live: now.live?.limits ?? null, config: configLimits(now) };
  const result = { ...item.result, after };
  switch (outcome.kind) {
    case 'ok':
      return { ...result, ...verified(item, after) };
    case 'busy':
      return { ...result, status: 'busy', message: `another job holds the VM: ${outcome.error}` };
    case 'gone':
      return { ...result, status: 'notFound', message: 'the VM vanished before it could be written' };
    case 'not_run':
    case 'garbled':
      return { ...result, status: 'failed', message: outcome.error };
    default:
      return {
        ...result,
        status: 'failed',
        message: `${outcome.error}${isLiveAsWanted(item, attempt.after) ? LIVE_ALL_THE_SAME : repairText(attempt, item.card)}`,
      };
  }
}

/**
 * Whether the live set has worked, whatever virsh complains of: libvirt describes new limits only once they are set
 * (qemuDomainSetInterfaceParameters changes its definition last).
 */
function isLiveAsWanted({ card, wanted }: NicItem, after: Domain | null): boolean {
  const now = after === null ? null : sameCard(card, after);
  if (!now?.live || !card.live || !differs(card.live.limits, wanted.live)) return false;
  return !differs(now.live.limits, wanted.live);
}

const LIVE_ALL_THE_SAME = '; the running NIC has the new limits all the same';

function verified(item: NicItem, after: BothLimits | null): Pick<NicResult, 'status' | 'message'> {
  if (after === null) return { status: 'failed', message: 'written, but the VM could not be read back' };
  const lives = differs(after.live, item.wanted.live);
  const configs = differs(after.config, item.wanted.config);
  if (!lives && !configs) return { status: 'changed' };
  const where = [lives ? 'live' : '', configs ? 'persistent' : ''].filter(Boolean).join(' and ');
  return {
    status: 'failed',
    message: `libvirt reported success, but the ${where} limits read back are not those`,
  };
}

function repairText(attempt: Attempt, card: Card): string {
  const { repairs } = attempt;
  if (repairs.length === 0) return '';
  const unlimited = card.live?.limits.inbound === null && card.live.limits.outbound === null;
  const worked = repairs.findIndex((repair) => repair.kind === 'ok');
  if (worked < 0) {
    return '; cleaning up failed too, so the limits in force are not known: look at tc on the host, then run again';
  }
  if (unlimited) return '; what it left was cleared, the NIC is without limits as before';
  return worked === 0
    ? '; the limits from before were put back'
    : '; the limits from before could not be put back either and what it left was cleared: the running NIC is now WITHOUT limits';
}

/** The card in a fresh description of its domain. */
function sameCard(card: Card, domain: Domain): Card | null {
  const networks = card.network === null ? [] : [card.network];
  return cardsOf(domain, networks).find((other) => other.mac === card.mac) ?? null;
}
