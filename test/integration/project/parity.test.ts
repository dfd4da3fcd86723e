import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSerial } from '../../../src/playbook/play_schema.ts';
import { runsWithTags } from '../../../src/playbook/tags.ts';
import { toBatches } from '../../../src/project/batches.ts';
import { conditionsHold } from '../../../src/template/condition.ts';

/** Tags, batches and conditions, each held against the real Ansible. */

const TAG_LISTS = [
  [],
  ['a'],
  ['b'],
  ['a', 'b'],
  ['always'],
  ['always', 'a'],
  ['never'],
  ['never', 'a'],
  ['untagged'],
];
const SELECTIONS = [
  [],
  ['a'],
  ['b', 'c'],
  ['all'],
  ['tagged'],
  ['untagged'],
  ['always'],
  ['never'],
  ['a', 'untagged'],
];
const tags = TAG_LISTS.flatMap((own) =>
  SELECTIONS.flatMap((only) => SELECTIONS.map((skip) => [own, only, skip] as const)),
);

const SERIALS: readonly (readonly (number | string)[])[] = [
  [1],
  [2],
  [3],
  [7],
  [50],
  ['10%'],
  ['25%'],
  ['30%'],
  ['50%'],
  ['99%'],
  ['100%'],
  [1, 2],
  [1, '50%'],
  [1, '25%', '100%'],
  ['10%', 3],
  [2, 2, 1],
  ['1%'],
];
const serial = [0, 1, 2, 3, 5, 7, 10, 16, 33].flatMap((count) =>
  SERIALS.map((sizes) => [count, sizes] as const),
);

const variables = {
  yes_: true,
  no_: false,
  n: 3,
  text: 'abc',
  empty: '',
  list: [1],
  none: [],
  flag: 'false',
  on: 'true',
  cond: 'n > 2',
  nul: null,
};
/** Texts, which Ansible 2.14 takes for true, and later ones refuse as virtune does: "false" would be true. */
const ON_PURPOSE = ['flag', 'on', 'cond', 'text'];
const when: readonly (string | boolean | readonly (string | boolean)[])[] = [
  true,
  false,
  'yes_',
  'no_',
  'n',
  'not n',
  'n == 3',
  'n > 3 or yes_',
  'text == "abc"',
  'text is match("a")',
  'gone is defined',
  'gone is not defined',
  'gone',
  'gone.x',
  'empty',
  'list',
  'none',
  'flag',
  'on',
  'cond',
  'nul',
  'text',
  'true',
  'false',
  'no_ and gone',
  'yes_ or gone',
  ['yes_', 'n == 3'],
  ['yes_', 'no_'],
  ['no_', 'gone'],
  ['yes_', 'gone'],
  [],
  'n in [1, 2, 3]',
  '"b" in text',
  'list | length > 0',
  'n is divisibleby 3',
  'flag | bool',
  'on | bool',
  '(n > 1) and (n < 5)',
  'n >',
];

const input = JSON.stringify({ tags, serial, when, variables });
const script = join(import.meta.dirname, 'ansible_play.py');
const run = ['/usr/bin/python3', 'python3']
  .map((python) => spawnSync(python, [script], { input, encoding: 'utf8' }))
  .reduce((best, next) => (best.status === 0 ? best : next));
const missing = run.status !== 0;
const ansible = missing
  ? { tags: [], serial: [], when: [] }
  : (JSON.parse(run.stdout) as { tags: boolean[]; serial: number[][][]; when: (boolean | 'error')[] });

describe('beside the real Ansible', () => {
  it.skipIf(!missing || process.env.CI !== 'true')('ansible-core is installed', () => {
    expect(run.stderr).toBe('');
  });

  it.skipIf(missing)('tags: every combination', () => {
    const differing = tags.filter(
      ([own, only, skip], index) => runsWithTags(own, { only, skip }) !== ansible.tags[index],
    );
    expect(differing).toEqual([]);
    expect(ansible.tags.filter(Boolean).length).toBeGreaterThan(100);
  });

  it.skipIf(missing)('serial: the same batches', () => {
    const hosts = (count: number) => Array.from({ length: count }, (_, index) => index);
    const ours = serial.map(([count, sizes]) => toBatches(hosts(count), parseSerial([...sizes])));
    // Without a host Ansible has one batch, of nobody.
    expect(ours).toEqual(ansible.serial.map((batches) => batches.filter((batch) => batch.length > 0)));
  });

  it.skipIf(missing).each(when.map((one, index) => [JSON.stringify(one), one, index] as const))(
    'when: %s',
    (_text, one, index) => {
      const conditions = [one].flat().map((text) => ({ text, place: undefined }));
      const { holds, diagnostics } = conditionsHold(
        conditions as { text: string | boolean; place: undefined }[],
        variables,
      );
      expect(diagnostics.length > 0 ? 'error' : holds).toBe(
        ON_PURPOSE.includes(String(one)) ? 'error' : ansible.when[index],
      );
    },
  );
});
