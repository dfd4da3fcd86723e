import { describe, expect, it } from 'vitest';
import { cfgEntry, parseCfg } from '../../../src/settings/cfg.ts';

const read = (text: string) => {
  const { cfg, diagnostics } = parseCfg(text, 'ansible.cfg');
  return {
    value: (section: string, key: string) => cfgEntry(cfg, section, key)?.value,
    errors: diagnostics.map(({ message, place }) => `${place?.line}: ${message}`),
  };
};

/** Each was tried with Python 3.11's configparser; test/parity/settings.test.ts asks the real Ansible. */
describe('ansible.cfg as configparser reads it', () => {
  it.each([
    ['[a]\nk = v', 'v'],
    ['[a]\nk=v', 'v'],
    ['[a]\nk: v', 'v'],
    ['[a]\nK = v', 'v'],
    ['[a]\nk = v ; why', 'v'],
    ['[a]\nk = v;w', 'v;w'],
    ['[a]\nk = v # why', 'v # why'],
    ['[a]\n# k = x\n; k = y\n  # k = z\nk = v', 'v'],
    ['[a]\nk = one\n  two\n\tthree', 'one\ntwo\nthree'],
    ['[a]\nk = one\n\n  two', 'one\n\ntwo'],
    ['[a]\nk = one\n# no\n  two', 'one\ntwo'],
    ['[a]\nk = v\n\n\n', 'v'],
    ['[a]\nk =', ''],
    ['[a]\nk = a=b', 'a=b'],
    ['[a]\nk = %(other)s %', '%(other)s %'],
    ['[a]\r\nk = v\r\n', 'v'],
    ['[a] more\nk = v', 'v'],
    ['[DEFAULT]\nk = v\n[a]\nx = y', 'v'],
    ['[DEFAULT]\nk = v', undefined],
    ['[A]\nk = v', undefined],
    ['  [a]\n  k = v', 'v'],
  ])('%j', (text, value) => {
    expect(read(text).errors).toEqual([]);
    expect(read(text).value('a', 'k')).toBe(value);
  });

  it.each([
    ['k = v', ['1: a setting without a section']],
    ['[a]\nk = v\n[b]\n[a]', ['4: the section [a] is there twice']],
    ['[a]\nk = v\nK = w', ['3: "k" is there twice in its section']],
    ['[a]\nnothing', ['2: not a setting: there is no "="']],
    ['[a]\n= v', ['2: not a setting: there is no "="']],
  ])('refuses %j, with its line', (text, errors) => {
    expect(read(text).errors).toEqual(errors);
  });
});
