import type { Change, Side } from '../../model/change.ts';
import { beforeOf } from '../../model/change.ts';
import { toLimits } from '../../modules/nic_limits/settings.ts';
import type { Caller } from '../cloud/callers.ts';
import { limitsText, shownLimits } from '../limits.ts';
import type { SeenNic } from '../nic.ts';
import type { Job, Override, StoredAudit } from '../store/records.ts';
import { withoutPlaces } from '../verdict.ts';

/** What callers read of things. Hosts, commands and files are for admins alone. */

export function shownNic({ change, mac }: SeenNic, override: Override | undefined): object {
  const { subject, status, reason } = change;
  return {
    position: typeof subject.index === 'number' ? subject.index : null,
    mac,
    device: String(subject.target ?? ''),
    live: sideOf(change, 'live'),
    config: sideOf(change, 'config'),
    set: override === undefined ? null : shownOverride(override),
    status,
    reason: withoutPlaces(reason ?? ''),
  };
}

function sideOf(change: Change, side: Side): object | null {
  const values = beforeOf(change, side);
  return values === null ? null : shownLimits(toLimits(values));
}

export function shownOverride({ limits, until, reason, owner, request, createdAt }: Override): object {
  return {
    limits: shownLimits(limits),
    text: limitsText(limits),
    until: until?.toISOString() ?? null,
    reason,
    user: owner.user.id,
    project: owner.project.id,
    request,
    at: createdAt.toISOString(),
  };
}

export function shownJob(job: Job, caller: Pick<Caller, 'isAdmin'>): object {
  const { id, kind, state, server, mac, request, attempts, progress, host, result } = job;
  return {
    ...{ id, kind, state, server, mac, request, attempts },
    progress: caller.isAdmin ? progress : withoutPlaces(progress),
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
    ...(caller.isAdmin ? { host, result } : {}),
  };
}

export function shownAudit(line: StoredAudit, caller: Pick<Caller, 'isAdmin'>): object {
  const { id, at, request, user, project, action, server, mac, status, detail, remote } = line;
  return {
    ...{ id, at: at.toISOString(), request, user, project, action, server, mac, status },
    detail: caller.isAdmin ? detail : withoutPlaces(detail),
    ...(caller.isAdmin ? { remote } : {}),
  };
}
