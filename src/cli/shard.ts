import { InvalidArgumentError } from 'commander';
import type { ShardOf } from '../model/result.ts';
import { MOST_SHARDS } from '../reporters/read/shard.ts';

/** `3/8` */
export function parseShard(word: string): ShardOf {
  const [, index = 0, count = 0] = (/^(\d{1,5})\/(\d{1,5})$/.exec(word) ?? []).map(Number);
  if (index < 1 || index > count || count > MOST_SHARDS)
    throw new InvalidArgumentError(
      `It must be a number of so many, from 1/1 to ${MOST_SHARDS}/${MOST_SHARDS}: 3/8.`,
    );
  return { index, count };
}
