import { renderCommand } from '../../libvirt/domiftune.ts';
import { ownWords } from '../../libvirt/errors.ts';
import type { WriteStep } from '../../libvirt/script.ts';
import type { Domain } from '../../model/facts.ts';
import type { BothLimits, NicResult } from '../../model/result.ts';
import type { Attempt } from '../module.ts';
import { type Card, cardsOf, configLimits, isUnlimited } from './card.ts';
import type { NicItem } from './item.ts';
import { differs } from './plan.ts';
import { isLiveStep, repairSteps } from './steps.ts';

/** Errors with which libvirt turns a set down before it touches the tap. */
const UNTOUCHED =
  /not a known interface|unsupported configuration|domain is not running|transient domains do not have|numerical overflow|mutually exclusive|Invalid use of 'floor'/;

/** Repairs are due when a live set may have stopped halfway. */
export function repairsOf(item: NicItem, attempt: Attempt): readonly WriteStep[] {
  // Whoever does not answer, or let this login write, after all tries will not do so for a repair either.
  if (['no_libvirtd', 'no_rights'].includes(attempt.outcome.kind)) return [];
  return mayBeHalfSet(item, attempt) ? repairSteps(item.card) : [];
}

/** The result of a write: only what was read back counts as changed. */
export function concludeItem(item: NicItem, attempt: Attempt): NicResult {
  const { outcome } = attempt;
  const now = attempt.after === null ? null : sameCard(item.card, attempt.after);
  const after: BothLimits | null =
    now === null ? null : { live: now.live?.limits ?? null, config: configLimits(now) };
  const notes = [...(item.result.notes ?? []), ...(attempt.repeated ? [REPEATED] : [])];
  const result = { ...item.result, after, ...(notes.length === 0 ? {} : { notes }) };
  if (outcome.kind === 'ok') return { ...result, ...verified(item, after) };
  const status = outcome.kind === 'busy' ? 'busy' : outcome.kind === 'gone' ? 'notFound' : 'failed';
  return { ...result, status, message: `${whatHappened(attempt)}${whatHolds(item, attempt)}` };
}

const REPEATED = 'libvirt gave no answer to a first try of this change, so it was made once more';

function whatHappened({ outcome }: Attempt): string {
  switch (outcome.kind) {
    case 'busy':
      return `another job holds the VM: ${outcome.error}`;
    case 'gone':
      return 'the VM vanished before it could be written';
    case 'no_libvirtd':
      return `libvirt does not answer any more: ${outcome.error}`;
    case 'lost':
      return `how the change ended is not known: ${outcome.error}`;
    default:
      return outcome.error;
  }
}

/** Whether the last step may have left the running NIC neither as it was nor as it is wanted. */
function mayBeHalfSet(item: NicItem, attempt: Attempt): boolean {
  const { outcome, step, doubtful } = attempt;
  if (!isLiveStep(step) || outcome.kind === 'ok' || outcome.kind === 'gone') return false;
  const refused = outcome.kind === 'virsh_failed' && UNTOUCHED.test(ownWords(outcome.error));
  if (!doubtful && (outcome.kind !== 'virsh_failed' || refused)) return false;
  return !isNowAsWanted(item, attempt);
}

/**
 * Whether the live set has worked, whatever virsh complains of: libvirt describes new limits only once they are set
 * (qemuDomainSetInterfaceParameters changes its definition last). It says nothing where the description was like that
 * before the step, or where that is not known: a failed set leaves the old description over a tap that is torn down.
 */
function isNowAsWanted({ card, wanted }: NicItem, { before, after }: Attempt): boolean {
  const [then, now] = [before, after].map((domain) => (domain === null ? null : sameCard(card, domain)));
  if (!then?.live || !now?.live) return false;
  return differs(then.live.limits, wanted.live) && !differs(now.live.limits, wanted.live);
}

/** What is in force after a failure, where that is not plain. */
function whatHolds(item: NicItem, attempt: Attempt): string {
  const { outcome, step, after, repairs } = attempt;
  if (outcome.kind === 'gone') return '';
  if (mayBeHalfSet(item, attempt)) return repairText(item, attempt);
  if (isLiveStep(step)) return isNowAsWanted(item, attempt) ? LIVE_ALL_THE_SAME : '';
  const live = after === null ? null : sameCard(item.card, after)?.live;
  const asWanted = item.card.live !== null && live && differs(item.card.live.limits, item.wanted.live);
  return repairs.length === 0 && asWanted && !differs(live.limits, item.wanted.live) ? LIVE_ALL_THE_SAME : '';
}

const LIVE_ALL_THE_SAME = '; the running NIC has the new limits all the same';

function repairText({ card }: NicItem, attempt: Attempt): string {
  const { repairs, after, step } = attempt;
  const worked = repairs.findIndex((repair) => repair.kind === 'ok');
  const before = card.live?.limits;
  const live = after === null ? undefined : sameCard(card, after)?.live?.limits;
  const put = worked === 0 && before !== undefined ? before : { inbound: null, outbound: null };
  if (worked < 0 || live === undefined || differs(live, put)) {
    const commands = step.commands.map(renderCommand).join('; ');
    return `; cleaning up failed too, so it is not known what is in force: run again with --rewrite, which sets it whatever libvirt describes, or on the host: ${commands}`;
  }
  if (before !== undefined && isUnlimited(before))
    return '; what it left was cleared, the NIC is without limits as before';
  return worked === 0
    ? '; the limits from before were put back'
    : '; the limits from before could not be put back either and what it left was cleared: the running NIC is now WITHOUT limits';
}

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

/** The card in a fresh description of its domain. */
function sameCard(card: Card, domain: Domain): Card | null {
  const networks = card.network === null ? [] : [card.network];
  return cardsOf(domain, networks).find((other) => other.mac === card.mac) ?? null;
}
