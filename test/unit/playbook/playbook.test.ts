import { describe, expect, it } from 'vitest';
import { parsePlaybook } from '../../../src/playbook/parse.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { placeOf } from '../../../src/yaml/places.ts';

const parse = (text: string) =>
  parsePlaybook(parseYaml(text, 'p.yml').value, 'p.yml', ['nic_limits', 'other']);
const TASKS = 'tasks: [{nic_limits: }]';

describe('parsePlaybook', () => {
  it('reads a play', () => {
    const { plays, diagnostics } = parse(`- name: Enforce
  hosts: compute
  gather_facts: no
  vars: {a: 1}
  serial: [1, "25%", "3"]
  max_fail_percentage: 10
  tasks:
    - name: As declared
      nic_limits:
        rules: "{{ nic_limits }}"
    - other: x
`);
    expect(diagnostics).toEqual([]);
    const at = (line: number, column: number) => ({ file: 'p.yml', line, column });
    expect(plays).toEqual([
      {
        name: 'Enforce',
        file: 'p.yml',
        place: at(1, 3),
        hosts: 'compute',
        hostsPlace: at(2, 10),
        vars: { a: 1 },
        serial: [1, '25%', 3],
        maxFailPercentage: 10,
        tasks: [
          { name: 'As declared', module: 'nic_limits', args: { rules: '{{ nic_limits }}' }, place: at(9, 7) },
          { name: 'other', module: 'other', args: 'x', place: at(11, 7) },
        ],
      },
    ]);
    expect(placeOf(plays[0]?.tasks[0]?.args, 'rules')).toEqual(at(10, 16));
  });

  it.each([
    ['hosts: [a, "b:!c"]', { hosts: 'a,b:!c', name: 'a,b:!c' }],
    ['hosts: a\n  serial: 5', { serial: [5] }],
    ['hosts: a\n  pause: 60', { pause: 60 }],
    ['hosts: a\n  pause: "90"', { pause: 90 }],
    ['hosts: a\n  serial: 30%', { serial: ['30%'] }],
    ['hosts: a\n  serial: "5"', { serial: [5] }],
    ['hosts: a\n  max_fail_percentage: "5%"', { maxFailPercentage: 5 }],
    ['hosts: a\n  max_fail_percentage: 0', { maxFailPercentage: 0 }],
    ['hosts: a\n  gather_facts: true', { vars: {} }],
    ['hosts: a\n  vars:', { vars: {} }],
  ])('%s', (keys, expected) => {
    const { plays, diagnostics } = parse(`- ${keys}\n  ${TASKS}`);
    expect(diagnostics).toEqual([]);
    expect(plays[0]).toMatchObject(expected);
  });

  it.each<[string, string, string[]]>([
    ['empty', '', ['1:1 the playbook is empty']],
    ['an empty list', '[]', ['1:1 the playbook is empty']],
    ['no list', 'hosts: all', ['1:1 a playbook must be a list of plays, found a map']],
    ['a text', '- all', ['1:3 a play must be a map, found the text "all"']],
    ['an import', '- import_playbook: x.yml', ['1:3 "import_playbook" is not supported yet by virtune']],
    [
      'an import, full name',
      '- ansible.builtin.import_playbook: x.yml',
      ['1:3 "ansible.builtin.import_playbook" is not supported yet by virtune'],
    ],
    ['no hosts', `- ${TASKS}`, ['1:3 the value lacks the key "hosts"']],
    ['no tasks', '- hosts: a', ['1:3 the value lacks the key "tasks"']],
    ['empty tasks', '- hosts: a\n  tasks:', ['2:9 the play has no tasks']],
    ['tasks as a map', '- hosts: a\n  tasks: {nic_limits: }', ['2:10 "tasks" must be a list, found a map']],
    ['a task as a text', '- hosts: a\n  tasks: [x]', ['2:11 a task must be a map, found the text "x"']],
    [
      'hosts as a number',
      `- hosts: 5\n  ${TASKS}`,
      ['1:10 "hosts" must be a text or a list, found the number 5'],
    ],
    [
      'hosts with a number',
      `- hosts: [a, 5]\n  ${TASKS}`,
      ['1:14 item 2 of "hosts" must be a text, found the number 5'],
    ],
    ['empty hosts', `- hosts: ""\n  ${TASKS}`, ['1:10 "hosts" is empty']],
    [
      'unsupported in a play',
      `- hosts: a\n  strategy: free\n  roles: [x]\n  ${TASKS}`,
      ['2:3 "strategy" is not supported yet by virtune', '3:3 "roles" is not supported yet by virtune'],
    ],
    [
      'unknown in a play',
      `- hots: a\n  ${TASKS}`,
      ['1:3 unknown key "hots" in a play', '1:3 the value lacks the key "hosts"'],
    ],
    [
      'a module in a play',
      '- hosts: a\n  nic_limits: {}\n  tasks: [{nic_limits: }]',
      ['2:3 unknown key "nic_limits" in a play'],
    ],
    [
      'pause, words',
      `- hosts: a\n  pause: a minute\n  ${TASKS}`,
      ['2:10 "pause" must be seconds, from 0 to 86400, found "a minute"'],
    ],
    [
      'pause, days',
      `- hosts: a\n  pause: 86401\n  ${TASKS}`,
      ['2:10 "pause" must be at most 86400, found 86401'],
    ],
    ['serial 0', `- hosts: a\n  serial: 0\n  ${TASKS}`, ['2:11 "serial" must be at least 1, found 0']],
    [
      'serial, words',
      `- hosts: a\n  serial: [1, half]\n  ${TASKS}`,
      ['2:15 item 2 of "serial" must be a number of hosts from 1, or a share such as "25%", found "half"'],
    ],
    [
      'serial beyond 100%',
      `- hosts: a\n  serial: "101%"\n  ${TASKS}`,
      ['2:11 "serial" must be a number of hosts from 1, or a share such as "25%", found "101%"'],
    ],
    [
      'serial 0%',
      `- hosts: a\n  serial: "0%"\n  ${TASKS}`,
      ['2:11 "serial" must be a number of hosts from 1, or a share such as "25%", found "0%"'],
    ],
    ['an empty serial', `- hosts: a\n  serial: []\n  ${TASKS}`, ['2:11 "serial" must have at least 1 item']],
    [
      'max_fail_percentage',
      `- hosts: a\n  max_fail_percentage: 101\n  ${TASKS}`,
      ['2:24 "max_fail_percentage" must be at most 100, found 101'],
    ],
    [
      'gather_facts',
      `- hosts: a\n  gather_facts: maybe\n  ${TASKS}`,
      ['2:17 "gather_facts" must be true or false, found the text "maybe"'],
    ],
    [
      'vars as a list',
      `- hosts: a\n  vars: [b]\n  ${TASKS}`,
      ['2:9 "vars" must be a map or nothing, found a list'],
    ],
    ['no module', '- hosts: a\n  tasks: [{name: x}]', ['2:11 the task has no module']],
    ['an unknown module', '- hosts: a\n  tasks: [{nic_limit: }]', ['2:12 unknown module "nic_limit"']],
    [
      'a full name',
      '- hosts: a\n  tasks: [{virtune.nic_limits: }]',
      ['2:12 unknown module "virtune.nic_limits"'],
    ],
    [
      'two modules',
      '- hosts: a\n  tasks: [{nic_limits: , other: }]',
      ['2:26 a task has one module, this one has nic_limits and other'],
    ],
    [
      'unsupported in a task',
      '- hosts: a\n  tasks:\n    - nic_limits:\n      register: x\n      delegate_to: y',
      ['4:7 "register" is not supported yet by virtune', '5:7 "delegate_to" is not supported yet by virtune'],
    ],
    [
      'an include',
      '- hosts: a\n  tasks: [{include_tasks: x}]',
      ['2:12 "include_tasks" is not supported yet by virtune'],
    ],
    ['an empty block', '- hosts: a\n  tasks: [{block: []}]', ['2:19 the block has no tasks']],
    [
      'a block with rescue',
      '- hosts: a\n  tasks: [{block: [{other: }], rescue: [], other: , whn: x}]',
      [
        '2:32 "rescue" is not supported yet by virtune',
        '2:44 "other" cannot stand in a block',
        '2:53 unknown key "whn" in a block',
      ],
    ],
    [
      'when as a map',
      '- hosts: a\n  tasks: [{other: , when: {}}]',
      ['2:27 "when" must be a text or true or false or a list, found a map'],
    ],
    [
      'a word for true',
      '- hosts: a\n  tasks: [{other: , run_once: maybe}]',
      ['2:31 "run_once" must be true or false, found "maybe"'],
    ],
    [
      'an order',
      `- hosts: a\n  order: sortd\n  ${TASKS}`,
      [
        '2:10 "order" must be "inventory", "reverse_inventory", "sorted", "reverse_sorted" or "shuffle", found "sortd"',
      ],
    ],
    [
      'loop_control',
      '- hosts: a\n  tasks: [{other: , loop: [], loop_control: {pause: 1}}]',
      ['2:46 unknown key "pause"'],
    ],
    [
      'a template without its variable',
      `- hosts: "{{ gone }}"\n  serial: "{{ n }}"\n  vars: {n: 0}\n  ${TASKS}`,
      ['1:10 the variable "gone" is not defined', '2:11 "serial" must be at least 1, found 0'],
    ],
    [
      'unknown in a task',
      '- hosts: a\n  tasks:\n    - nic_limits:\n      rules: x',
      ['4:7 unknown key "rules" in a task'],
    ],
    [
      'a name that is a list',
      '- hosts: a\n  tasks: [{nic_limits: , name: []}]',
      ['2:32 "name" must be a text, found a list'],
    ],
    [
      'several plays',
      '- hosts: a\n- tasks: []',
      [
        '1:3 the value lacks the key "tasks"',
        '2:3 the value lacks the key "hosts"',
        '2:10 the play has no tasks',
      ],
    ],
  ])('%s', (_name, text, expected) => {
    const { plays, diagnostics } = parse(text);
    expect(diagnostics.map((d) => `${d.place?.line}:${d.place?.column} ${d.message}`)).toEqual(expected);
    expect(plays).toEqual([]);
  });

  it.each([
    ['- hosts: a\n  tasks: [{nic_limit: }]', 'did you mean "nic_limits"?'],
    ['- hosts: a\n  tasks: [{ansible.builtin.command: }]', 'virtune has nic_limits and other'],
    ['- hosts: a\n  taks: []', 'did you mean "tasks"?'],
    [
      '- hosts: a\n  become_exe: x\n  tasks: [{other: }]',
      'set it in the inventory, with the variable ansible_become_exe',
    ],
    ['- hosts: a\n  user: root\n  tasks: [{other: }]', 'write "remote_user"'],
    ['- hosts: a\n  nic_limits: {}\n  tasks: [{other: }]', 'a module goes into a task, below "tasks:"'],
    ['- hosts: a\n  tasks:\n  - other:\n    rules: x', 'arguments go below the module, indented further'],
  ])('%s: what to do', (text, hint) => {
    expect(parse(text).diagnostics[0]?.hint).toBe(hint);
  });

  const full = (text: string, extraVars = {}) =>
    parsePlaybook(parseYaml(text, 'p.yml').value, 'p.yml', ['nic_limits', 'other'], extraVars);

  it('reads keywords, those of plays and blocks for their tasks', () => {
    const { plays, diagnostics } = full(`- hosts: a
  tags: net
  order: shuffle
  throttle: 5
  any_errors_fatal: true
  ignore_unreachable: "yes"
  vars_files: [a.yml, [b.yml, "{{ c }}.yml"]]
  tasks:
    - block:
        - other:
          tags: [x, net, 7]
          when: [b, true]
          vars: {v: 2, w: 3}
          throttle: "2"
          loop: "{{ list }}"
          loop_control: {loop_var: one, index_var: i, label: x}
      when: a
      tags: "blk, y"
      vars: {v: 1}
      ignore_errors: true
      run_once: yes
    - other:
      any_errors_fatal: no
`);
    expect(diagnostics).toEqual([]);
    const [play] = plays;
    expect(play).toMatchObject({
      order: 'shuffle',
      tags: ['net'],
      varsFiles: [{ names: ['a.yml'] }, { names: ['b.yml', '{{ c }}.yml'] }],
    });
    const around = { throttle: 5, anyErrorsFatal: true, ignoreUnreachable: true };
    expect(play?.tasks).toMatchObject([
      {
        tags: ['net', 'blk', 'y', 'x', '7'],
        when: [{ text: 'a' }, { text: 'b' }, { text: true }],
        vars: { v: 2, w: 3 },
        loop: { list: '{{ list }}', variable: 'one', indexVariable: 'i' },
        options: { ...around, throttle: 2, ignoreErrors: true, runOnce: true },
      },
      { tags: ['net'], options: { ...around, anyErrorsFatal: false } },
    ]);
  });

  it('resolves templates in keywords with the variables of the play and -e', () => {
    const text = `- name: "{{ what }} and {{ gone }}"
  hosts: "{{ groups_ | join(':') }}"
  vars: {groups_: [a, b], n: 1}
  serial: ["{{ n }}", "{{ n * 25 }}%"]
  tags: ["{{ what }}"]
  tasks:
    - name: "{{ what }}"
      other: {x: "{{ n }}"}
      ignore_errors: "{{ what == 'it' }}"`;
    const { plays, diagnostics } = full(text, { what: 'it', n: 2 });
    expect(diagnostics).toEqual([]);
    expect(plays).toMatchObject([
      {
        name: '{{ what }} and {{ gone }}',
        hosts: 'a:b',
        serial: [2, '50%'],
        tasks: [{ name: 'it', args: { x: '{{ n }}' }, tags: ['it'], options: { ignoreErrors: true } }],
      },
    ]);
  });

  it.each(
    Object.entries({
      roles: 'vars_files',
      handlers: 'limits hold at once',
      strategy: 'leave it out',
      vars_prompt: '-e',
    }),
  )('says what to do instead of %s', (key, hint) => {
    expect(parse(`- hosts: a\n  ${key}: x\n  ${TASKS}`).diagnostics[0]?.hint).toContain(hint);
  });

  it.each(
    Object.entries({
      register: '--report json',
      delegate_to: '"hosts"',
      notify: 'limits hold at once',
      async: '-f',
      until: 'busy',
      with_items: 'loop',
      include_tasks: 'put the tasks here',
      become: 'set it for the play',
    }),
  )('says what to do instead of a task’s %s', (key, hint) => {
    expect(parse(`- hosts: a\n  tasks: [{other: , ${key}: x}]`).diagnostics[0]?.hint).toContain(hint);
  });

  it('takes keywords of the connection as variables of hosts that have none, with their places', () => {
    const keywords = ['become: true', 'become_user: "{{ root }}"', 'remote_user: ops', 'port: 2222'];
    const { plays, diagnostics } = parse(`- hosts: a\n  ${keywords.join('\n  ')}\n  ${TASKS}`);
    expect(diagnostics).toEqual([]);
    const defaults = plays[0]?.defaults ?? {};
    expect(defaults).toEqual({
      ansible_become: true,
      ansible_become_user: '{{ root }}',
      ansible_user: 'ops',
      ansible_port: 2222,
    });
    expect(placeOf(defaults, 'ansible_user')).toMatchObject({ line: 4, column: 16 });
    expect(parse(`- hosts: a\n  ${TASKS}`).plays[0]).not.toHaveProperty('defaults');
  });

  it('keeps what is right of a play that is wrong, to find more mistakes', () => {
    const { plays, wrong } = full('- hosts: a\n  roles: []\n  tasks: [{other: {x: 1}}, {oter: }]');
    expect(plays).toEqual([]);
    expect(wrong).toMatchObject([{ hosts: 'a', tasks: [{ args: { x: 1 } }] }]);
  });

  it('keeps the plays that are right', () => {
    const { plays, diagnostics } = parse(`- hosts: a\n- hosts: b\n  ${TASKS}`);
    expect(plays.map((play) => play.hosts)).toEqual(['b']);
    expect(diagnostics).toHaveLength(1);
  });
});
