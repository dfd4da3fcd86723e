import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  heardIn,
  isGarbled,
  isWorthARead,
  renderWatch,
  WATCH_PROGRAM,
} from '../../../src/libvirt/watch_script.ts';

const M = 'vt0123';
const event = (name: string, word: string) => ({ what: 'event', name, word }) as const;

describe('a line of the stream', () => {
  it.each<[line: string, heard: ReturnType<typeof heardIn>]>([
    [`${M}:begin`, null],
    [`${M}:up:lifecycle`, { what: 'up', kind: 'lifecycle' }],
    [`${M}:ended:device-added`, { what: 'ended', kind: 'device-added' }],
    [`${M}:alive`, { what: 'alive' }],
    [`${M}:touched`, { what: 'touched' }],
    [`${M}:blind`, { what: 'blind' }],
    [`${M}:queues`, { what: 'queues' }],
    [`${M}:deaf`, { what: 'deaf' }],
    [`${M}:notimeout`, { what: 'missing', program: 'timeout' }],
    ['vt9999:touched', null],
    ['qemu:///system', null],
    ['', null],
    ['events received: 45', null],
    ["event 'lifecycle' for domain 'web-01': Started Booted", event('web-01', 'Started Booted')],
    [
      "event 'lifecycle' for domain 'web-01': Shutdown Finished after host request",
      event('web-01', 'Shutdown Finished after host request'),
    ],
    ["event 'device-added' for domain 'web 01': net1", event('web 01', 'device-added')],
    ["event 'reboot' for domain 'web-01'", null],
    // A name may look like an event: what counts is the end of the line, and only as a trigger.
    [
      "event 'lifecycle' for domain 'a': Started Booted': Defined Added",
      event("a': Started Booted", 'Defined Added'),
    ],
    [
      "event 'lifecycle' for domain 'a\u2028\u0085b': Started Booted",
      event('a\u2028\u0085b', 'Started Booted'),
    ],
    ["event 'lifecycle' for domain 'half a li", null],
  ])('%j', (line, heard) => expect(heardIn(M, line)).toEqual(heard));

  it.each([
    ['', false],
    ['qemu:///system', false],
    [`${M}:end`, false],
    ['events received: 45', false],
    ["event 'lifecycle' for domain 'a\u2028': PMSuspended Memory", false],
    ["event 'device-added' for domain 'web 01': net1", false],
    ["event 'lifecycle' for domain 'half a li", true],
    ["event 'lifecycle' for domain 'half a line': ", true],
    ['vt0123', true],
    ['qemu:///session', true],
    ['\u0000\u001b]0;title\u0007', true],
    ['Last login: yesterday', true],
  ])('%j is none of its own: %s', (line, garbled) =>
    expect(isGarbled({ marker: M, uri: 'qemu:///system' }, line)).toBe(garbled),
  );

  it('is never more than a line, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void heardIn(M, line)));
  });
});

it.each([
  ['Started Booted', true],
  ['Started Restored', true],
  // Until it has arrived nobody can change it.
  ['Started Migrated', false],
  ['Resumed Migrated', true],
  ['Defined Updated', true],
  ['device-added', true],
  ['Suspended Paused', false],
  ['Stopped Destroyed', false],
  ['Undefined Removed', false],
])('%s is worth a read: %s', (word, worth) => expect(isWorthARead(event('a', word))).toBe(worth));

it('the program means the same to every login shell, and has no verb that writes', () => {
  expect(WATCH_PROGRAM).not.toMatch(/['\\!\n\r]/);
  expect(WATCH_PROGRAM.match(/\$V /g)).toHaveLength(1);
  expect(WATCH_PROGRAM).toContain('$V -r -k 5 -K 3 -c "$u"');
  const command = renderWatch({
    marker: M,
    uri: 'qemu:///system',
    silenceSeconds: 90,
    lookSeconds: 3,
    kernel: false,
  });
  expect(command).toMatch(/ virtune 'vt0123' 'qemu:\/\/\/system' '90' '3' ''$/);
});
