import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathsIn, pathsWord } from '../../../src/libvirt/filter_script.ts';

it.each([
  [['domain/name', 'domain/uuid', 'network/bridge'], 'domain/name ~uuid network/bridge'],
  [['domain/a/b', 'domain/a/c/d', 'domain/a/c/e'], 'domain/a/b ~c/d ~e'],
  [['domain/cputune/', 'domain/cputune/shares', 'domain/vcpu'], 'domain/cputune/ ~shares domain/vcpu'],
  [['name'], 'name'],
  [[], ''],
])('paths %j are the word %j', (paths, word) => {
  expect(pathsWord(paths)).toBe(word);
});

it('a word holds all paths, whatever they are', () => {
  const name = fc.constantFrom('domain', 'devices', 'disk', 'a', 'ab');
  const path = fc
    .tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([names, whole]) => names.join('/') + (whole ? '/' : ''));
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 12 }), (paths) => {
      expect(pathsIn(pathsWord(paths))).toEqual(paths);
    }),
  );
});
