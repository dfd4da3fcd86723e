import { createHash } from 'node:crypto';
import type { DesiredLimits } from '../facts/bandwidth.ts';
import { beforeOf } from '../model/change.ts';
import { ceilingOf, demandBelow } from './ceilings.ts';
import type { Caller } from './cloud/callers.ts';
import { ownerOf } from './cloud/callers.ts';
import type { Server } from './cloud/servers.ts';
import { foreseen, limitsText, merged } from './limits.ts';
import type { SeenNic } from './nic.ts';
import { Refusal } from './refusal.ts';
import type { Service } from './service.ts';
import { insertAudit } from './store/audit.ts';
import { isTaken, type Queries } from './store/database.ts';
import { countOf, setOverride, withdrawOverride } from './store/overrides.ts';
import type { Job, Override } from './store/records.ts';
import { findReplay, keepReplay, type Replay } from './store/replays.ts';

/** What a request that changes something is known by. */
export interface Asking {
  readonly request: string;
  readonly remote: string;
  /** `setInterface`, `set`, `withdraw`: for the audit and for messages. */
  readonly action: string;
  readonly caller: Caller;
  readonly server: Server;
  readonly nics: readonly SeenNic[];
  readonly idempotency: Idempotency | null;
  /** What is answered, from the jobs. */
  readonly answer: (jobs: readonly Job[]) => Omit<Replay, 'fingerprint'>;
}

export interface Idempotency {
  readonly key: string;
  /** Of the request: method, path and body. */
  readonly fingerprint: string;
}

export interface Wanted {
  readonly limits: DesiredLimits;
  readonly until: Date | null;
  readonly reason: string;
}

/** What a key stands for. */
export function fingerprintOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The answer that a request with this key got before; null where it had none. @throws Refusal for another request */
export async function replayed(
  { database }: Pick<Service, 'database'>,
  caller: Caller,
  idempotency: Idempotency | null,
): Promise<Replay | null> {
  if (idempotency === null) return null;
  const before = await findReplay(database, keyOwner(caller), idempotency.key);
  if (before !== null && before.fingerprint !== idempotency.fingerprint)
    throw new Refusal(422, 'This Idempotency-Key was used for another request.');
  return before;
}

/**
 * Looks whether limits may be set, by the policy, the ceilings and what was seen last.
 * @throws Refusal 403
 */
export function demandAllowed(
  { policy, ceilings, mirror }: Pick<Service, 'policy' | 'ceilings' | 'mirror'>,
  { caller, nics, server, action }: Pick<Asking, 'caller' | 'nics' | 'server' | 'action'>,
  limits: DesiredLimits,
): void {
  if (!caller.isAdmin) demandBelow(ceilingOf(ceilings(), caller.project), limits);
  for (const { change, mac } of nics) {
    const whole = merged(mirror.of(server.id, mac)?.limits ?? {}, limits);
    policy(foreseen(change, whole), ownerOf(caller), action);
  }
}

/** Accepts limits of NICs, all of them or none: once this is fulfilled they are not lost. */
export function acceptSet(service: Service, asking: Asking, wanted: Wanted): Promise<Replay> {
  const { caller, server, nics, request } = asking;
  const { limits, until, reason } = wanted;
  demandAllowed(service, asking, limits);
  const said = `${limitsText(limits)}${until === null ? '' : ` until ${until.toISOString()}`}`;
  return accept(service, asking, said, async (queries) => {
    await demandQuota(service, queries, caller, server, nics);
    const jobs: Job[] = [];
    for (const { change, mac, vm } of nics) {
      const before = { live: beforeOf(change, 'live'), config: beforeOf(change, 'config') };
      const owner = ownerOf(caller);
      const job = await setOverride(queries, {
        ...{ server: server.id, project: server.project, host: vm.host },
        ...{ mac, limits, before, owner, request, reason, until },
      });
      jobs.push(job);
    }
    return jobs;
  });
}

/** Accepts that limits hold no longer. @throws Refusal 404 where none were set */
export function acceptWithdraw(service: Service, asking: Asking, macs: readonly string[]): Promise<Replay> {
  const { caller, server, request } = asking;
  return accept(service, asking, 'withdrawn', async (queries) => {
    const jobs: Job[] = [];
    for (const mac of macs) {
      const by = { owner: ownerOf(caller), request, host: null };
      const job = await withdrawOverride(queries, server.id, mac, by);
      if (job !== null) jobs.push(job);
    }
    if (jobs.length === 0) throw new Refusal(404, `Nothing is set here for instance ${server.id}.`);
    return jobs;
  });
}

async function accept(
  service: Service,
  { request, remote, action, caller, server, idempotency, answer }: Asking,
  detail: string,
  work: (queries: Queries) => Promise<readonly Job[]>,
): Promise<Replay> {
  const { database, jobs } = service;
  try {
    const reply = await database.transaction(async (queries) => {
      const made = await work(queries);
      const replay = { fingerprint: idempotency?.fingerprint ?? '', ...answer(made) };
      const projects = [...new Set([server.project, caller.project.id])];
      for (const { mac } of made)
        await insertAudit(queries, {
          ...{ request, remote, owner: ownerOf(caller), projects, action },
          ...{ server: server.id, mac, status: replay.status, detail },
        });
      if (idempotency !== null) await keepReplay(queries, keyOwner(caller), idempotency.key, replay);
      return replay;
    });
    jobs.kick();
    return reply;
  } catch (error) {
    if (!isTaken(error)) throw error;
    // The same key came twice at once: the other one was first.
    const before = await replayed(service, caller, idempotency);
    if (before !== null) return before;
    throw new Refusal(409, 'Another request for the same interface is being accepted.');
  }
}

/** @throws Refusal 403 for more NICs than a project may limit */
async function demandQuota(
  { ceilings, mirror }: Pick<Service, 'ceilings' | 'mirror'>,
  queries: Queries,
  caller: Caller,
  server: Server,
  nics: readonly SeenNic[],
): Promise<void> {
  const most = caller.isAdmin ? null : (ceilingOf(ceilings(), caller.project)?.nics ?? null);
  if (most === null) return;
  const more = nics.filter(({ mac }) => mirror.of(server.id, mac) === undefined).length;
  const has = await countOf(queries, server.project);
  // What was set before a ceiling came down may still be changed.
  if (more > 0 && has + more > most)
    throw new Refusal(403, `Quota exceeded for interfaces with limits: ${has} of ${most} are used.`);
}

function keyOwner({ user, project }: Caller): string {
  return `${project.id} ${user.id}`;
}

/** What a preview is made from: an override that nobody has stored. */
export function unstored(
  { mirror }: Pick<Service, 'mirror'>,
  { caller, server, request }: Pick<Asking, 'caller' | 'server' | 'request'>,
  { mac }: SeenNic,
  nth: number,
  { limits, until, reason }: Wanted,
): Override {
  return {
    // Numbers of the database stay far below.
    id: Number.MAX_SAFE_INTEGER - nth,
    server: server.id,
    mac,
    limits: merged(mirror.of(server.id, mac)?.limits ?? {}, limits),
    before: null,
    owner: ownerOf(caller),
    project: server.project,
    request,
    reason,
    createdAt: new Date(),
    until,
    endedAt: null,
    restored: false,
    revision: 0,
  };
}
