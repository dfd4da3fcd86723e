import type { MergedRun, NameEvidence, PlayEvidence, ShardRun, UnmatchedRule } from '../../model/result.ts';
import { rule } from './resource.ts';
import { fields, get, isTrue, list, Misfit, maybe, type Reader, text, whole, yes } from './values.ts';

export const unmatchedRule: Reader<UnmatchedRule> = (value, path) => ({
  ...rule(value, path),
  required: get(fields(value, path), 'required', path, yes),
});

export const shard: Reader<ShardRun> = (value, path) => {
  const from = fields(value, path);
  const [index, count] = [get(from, 'index', path, whole), get(from, 'count', path, whole)];
  if (index < 1 || count < index || count > MOST_SHARDS) throw new Misfit(`${path} is no part of a whole`);
  const evidence = get(from, 'evidence', path, fields);
  return {
    index,
    count,
    fleet: get(from, 'fleet', path, text),
    ...maybe(from, 'pipeline', path, text),
    inventoryHosts: get(from, 'inventoryHosts', path, whole),
    ...maybe(from, 'limited', path, isTrue),
    places: get(from, 'places', path, list(whole)),
    evidence: {
      plays: get(evidence, 'plays', `${path}.evidence`, list(play)),
      names: get(evidence, 'names', `${path}.evidence`, list(names)),
    },
  };
};

/** More than any CI platform has jobs of. */
export const MOST_SHARDS = 10_000;

export const shards: Reader<MergedRun> = (value, path) => {
  const from = fields(value, path);
  return { count: get(from, 'count', path, whole), missing: get(from, 'missing', path, list(whole)) };
};

const play: Reader<PlayEvidence> = (value, path) => {
  const from = fields(value, path);
  return {
    read: get(from, 'read', path, whole),
    unread: get(from, 'unread', path, whole),
    unmatched: get(from, 'unmatched', path, list(unmatchedRule)),
  };
};

const names: Reader<NameEvidence> = (value, path) => {
  const from = fields(value, path);
  return {
    rule: get(from, 'rule', path, rule),
    known: get(from, 'known', path, list(text)),
    missing: get(from, 'missing', path, list(text)),
  };
};
