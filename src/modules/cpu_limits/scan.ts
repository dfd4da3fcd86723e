import { DEFAULT_PERIOD } from '../../facts/cputune.ts';
import type { Values } from '../../model/change.ts';
import type { ScanCapability, ScanPart } from '../module.ts';
import { partsBySide } from '../shared/scan_sides.ts';
import { formatShare, formatTime, parsePeriod, parseQuota, quotaProblem } from './amounts.ts';
import type { FoundCpu } from './rule.ts';
import { bandwidthOf, GROUPS } from './settings.ts';

/** Rules that keep what VMs have of CPU. */
export const scanCpus: ScanCapability<FoundCpu> = {
  parts: (found) => {
    const sides = [found.live ?? {}, found.config ?? {}];
    if (!sides.every(isWritable))
      return { why: 'it has values that libvirt shows, but cannot be told again' };
    return {
      parts: partsBySide(
        found,
        GROUPS.map(({ settings }) => settings),
        write,
      ),
    };
  },
  selectors: () => [{}],
};

function isWritable(values: Values): boolean {
  const { cpu_shares: shares } = values;
  const right = (['cpu_quota', 'cpu_total'] as const).every((name) => {
    const limit = bandwidthOf(values, name);
    return (
      limit === null || (parsePeriod(limit.period).ok && quotaProblem(limit.quota, limit.period) === null)
    );
  });
  return right && (typeof shares !== 'number' || (shares >= 2 && shares <= 10_000));
}

const ROUND = /^\d+(?:\.\d{1,2})?%$/;

/** Round shares of a CPU where they come back exactly, else libvirt's own number. */
function write(values: Values): ScanPart {
  if (values.cpu_shares !== undefined) return { cpu_shares: values.cpu_shares };
  const [key, periodKey, limit] =
    values['cpu_total.quota'] === undefined
      ? (['cpu_quota', 'cpu_period', bandwidthOf(values, 'cpu_quota')] as const)
      : (['total', 'total_period', bandwidthOf(values, 'cpu_total')] as const);
  if (limit === null) return {};
  const share = formatShare(limit);
  const back = parseQuota(share);
  const exact = ROUND.test(share) && back.ok && back.of(limit.period) === limit.quota;
  return {
    [key]: exact ? share : limit.quota,
    ...(limit.period === DEFAULT_PERIOD ? {} : { [periodKey]: formatTime(limit.period) }),
  };
}
