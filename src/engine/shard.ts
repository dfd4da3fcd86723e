import { createHash } from 'node:crypto';
import type { ShardOf } from '../model/result.ts';
import { withoutRunOnce } from './batch_rules.ts';
import { hypervisorId } from './hypervisor.ts';
import type { HostJob, PlayJob } from './job.ts';

/** Which shard of so many a hypervisor is in, from 1: by itself alone, so that it stays there when others come or go. */
export function shardNumber(hypervisor: string, count: number): number {
  const hash = createHash('sha256').update(`shard ${hypervisor}`).digest();
  return (hash.readUInt32BE() % count) + 1;
}

/**
 * The part of a run that is a shard's. Batches stay those of the whole run, each without the hosts of other shards; what
 * one host does for its batch (`run_once`) only its shard does.
 */
export function shardPlays(plays: readonly PlayJob[], { index, count }: ShardOf): readonly PlayJob[] {
  const isOwn = (job: HostJob) => shardNumber(hypervisorId(job), count) === index;
  return plays.map((play) => ({
    ...play,
    sharded: true,
    batches: play.batches
      .map((batch) => batch.map((job, nth) => (nth === 0 ? job : withoutRunOnce(job))).filter(isOwn))
      .filter((batch) => batch.length > 0),
  }));
}

/** The same for every shard of a run, and another where plays, hosts or rules are others. Hexadecimal. */
export function fleetId(plays: readonly PlayJob[]): string {
  const parts = plays.map(({ play, batches, rules }) => [
    play.name,
    batches
      .flat()
      .map((job) => `${job.name} ${hypervisorId(job)}`)
      .sort(),
    // Files may lie in another folder there.
    rules.map(({ name, line, required }) => [name, line, required]),
  ]);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** What holds within each shard only, and not over the whole run, as words for people. */
export function heldByShard(plays: readonly PlayJob[]): readonly string[] {
  const found = plays.flatMap(({ play, batches }) => [
    ...(batches.length > 1 ? ['serial'] : []),
    ...(play.maxFailPercentage === undefined ? [] : ['max_fail_percentage']),
    ...(batches.flat().some(({ tasks }) => tasks.some(({ options }) => options?.anyErrorsFatal === true))
      ? ['any_errors_fatal']
      : []),
  ]);
  return [...new Set(found)];
}
