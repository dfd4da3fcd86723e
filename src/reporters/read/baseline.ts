import type { GoneVm } from '../../model/cause.ts';
import type { RunResult, VmEvidence, VmsRead } from '../../model/result.ts';
import { rule } from './resource.ts';
import { fields, get, list, maybe, oneOf, orNull, type Reader, text, whole, yes } from './values.ts';

/** What a report says of the one that it was compared with, and for those that are compared with it. */
export const baseline: Reader<NonNullable<RunResult['baseline']>> = (value, path) => {
  const from = fields(value, path);
  return { id: get(from, 'id', path, text), ...maybe(from, 'note', path, text) };
};

export const goneVm: Reader<GoneVm> = (value, path) => {
  const from = fields(value, path);
  return {
    kind: get(from, 'kind', path, oneOf(['gone', 'moved', 'unknown'])),
    host: get(from, 'host', path, text),
    name: get(from, 'name', path, text),
    uuid: get(from, 'uuid', path, text),
    ...maybe(from, 'rule', path, rule),
    text: get(from, 'text', path, text),
  };
};

export const vms: Reader<VmsRead> = (value, path) => {
  const from = fields(value, path);
  return { complete: get(from, 'complete', path, yes), known: get(from, 'known', path, list(vm)) };
};

const vm: Reader<VmEvidence> = (value, path) => {
  const from = fields(value, path);
  return {
    name: get(from, 'name', path, text),
    uuid: get(from, 'uuid', path, text),
    ...maybe(from, 'id', path, orNull(whole)),
    ...maybe(from, 'created', path, (given, at) => {
      const both = fields(given, at);
      return { live: get(both, 'live', at, orNull(text)), config: get(both, 'config', at, orNull(text)) };
    }),
  };
};
