import type { Gate } from './gate.ts';

/**
 * A rule that must name something has named nothing: then nothing is written. Not asked where a host did not answer,
 * since the rule may be meant for it; nor of a play in several batches, whose later hosts are not read yet, or in
 * shards, whose other hosts another run reads.
 */
export const requiredRules = (): Gate => ({
  name: 'required rules',
  applies: ({ rules, batches, sharded }) => !sharded && batches === 1 && rules.some((rule) => rule.required),
  judge: ({ rules }, { hasMatched, unread }) => {
    if (unread > 0) return [];
    const missing = rules.find((rule) => rule.required && !hasMatched(rule));
    if (missing === undefined) return [];
    return [
      { status: 'skipped', reason: `nothing was written: the required rule "${missing.name}" names nothing` },
    ];
  },
});
