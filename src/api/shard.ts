import { fleetId, heldByShard, shardPlays } from '../engine/shard.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ShardOf, ShardRun } from '../model/result.ts';
import type { Project } from '../project/project.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A project, and which part of a run it is where it is one. */
export interface ShardedProject extends Project {
  readonly shard?: Omit<ShardRun, 'places' | 'evidence'>;
}

/** A project without the hosts of other shards, and what its report says of that. */
export function shardOf(project: Project, shard: ShardOf, env: Environment): ShardedProject {
  const pipeline = pipelineOf(env);
  return {
    ...project,
    plays: shardPlays(project.plays, shard),
    warnings: [...project.warnings, ...warnings(project, shard)],
    shard: {
      ...shard,
      fleet: fleetId(project.plays),
      ...(pipeline === undefined ? {} : { pipeline }),
      inventoryHosts: project.hosts.length,
      ...(project.plays.some(({ limited }) => limited) ? { limited: true } : {}),
    },
  };
}

function warnings({ plays, policy }: Project, { count }: ShardOf): readonly Diagnostic[] {
  const counting = policy?.rules.some(({ run }) => run !== null) ? ['in_one_run of the policy'] : [];
  const held = count === 1 ? [] : [...heldByShard(plays), ...counting];
  if (held.length === 0) return [];
  return [
    {
      severity: 'warning',
      message: `${held.join(', ')}: with --shard this holds within each shard, and not over all of them`,
      hint: 'run without shards where it must hold for all hosts together',
    },
  ];
}

/** The same for all jobs of a pipeline, and another for each pipeline. */
function pipelineOf(env: Environment): string | undefined {
  if (env.GITHUB_RUN_ID) return `github ${env.GITHUB_RUN_ID}`;
  return env.CI_PIPELINE_ID ? `gitlab ${env.CI_PIPELINE_ID}` : undefined;
}
