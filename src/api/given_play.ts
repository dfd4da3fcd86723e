import { plural } from '../base/text.ts';
import type { Given } from '../engine/given.ts';
import { givenTask } from '../engine/given.ts';
import type { HostJob, PlayJob } from '../engine/job.ts';
import { inputError } from '../model/diagnostic.ts';
import { MODULES } from '../modules/index.ts';

/** What subjects of a host are to have, where no rule says so. */
export interface HostGiven {
  readonly host: string;
  readonly given: readonly Given[];
}

/**
 * @param what `the run has changed`, of the hosts
 * @throws InputError where the inventory lacks hosts
 */
export function mustHave(
  all: readonly HostGiven[],
  hosts: readonly string[],
  what: string,
  hint: string,
): void {
  const text = lacksText(all, hosts, what);
  if (text !== '') throw inputError(text, hint);
}

/** Which of these hosts an inventory lacks, in words; '' for none. */
export function lacksText(all: readonly HostGiven[], hosts: readonly string[], what: string): string {
  const known = new Set(hosts);
  const lost = all.map(({ host }) => host).filter((host) => !known.has(host));
  if (lost.length === 0) return '';
  const some = `${lost.slice(0, 5).join(', ')}${lost.length > 5 ? ', …' : ''}`;
  return `the inventory lacks ${plural(lost.length, 'host')} that ${what}: ${some}`;
}

/** A play whose hosts are given what is theirs, and nothing else. */
export function withGiven(play: PlayJob, all: readonly HostGiven[]): PlayJob {
  const byHost = new Map(all.map((one) => [one.host, one.given]));
  const job = (host: HostJob): HostJob => {
    const given = byHost.get(host.name) ?? [];
    const tasks = MODULES.flatMap((module) => {
      const own = given.filter((one) => one.module === module.name);
      return own.length === 0 ? [] : [givenTask(module.name, module, own)];
    });
    return { ...host, tasks };
  };
  const batches = play.batches.map((batch) => batch.map(job));
  const rules = batches
    .flat()
    .flatMap(({ tasks }) => tasks.flatMap(({ module, args }) => module.rules(args)));
  return { ...play, batches, rules };
}
