import { describe, expect, it } from 'vitest';
import { checkChoices, type Given, inWordsOfSet } from '../../../src/cli/set_words.ts';
import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import { InputError } from '../../../src/model/diagnostic.ts';
import { MODULES } from '../../../src/modules/index.ts';

/** What `set` says of its options, by the path that the command takes. */
function said(given: Given): readonly string[] {
  const words = inWordsOfSet(given);
  try {
    checkChoices(given);
    const found = MODULES.flatMap(({ set, parse }) => {
      const rule = set?.rule(given) ?? null;
      if (rule === null) return [];
      const whole = { name: 'set', domain: '*', required: true, ...rule, apply_to: 'both' };
      return parse({ rules: [whole], ...set?.task?.args(given) }).diagnostics;
    });
    // As the project says it of the host.
    const ofHost = found.map((one) => ({ ...one, message: `${one.message} (host hv01)` }));
    return ofHost.map(words).map(text);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(text);
    throw error;
  }
}

const text = ({ message, hint }: Diagnostic) => (hint === undefined ? message : `${message}; ${hint}`);

const WHICH_NIC = 'give a position from 1, as in `virsh domiflist`, a MAC, or all';
const A_RATE = 'write a number and a unit, e.g. "100 Mbit/s", "12.5 MB/s" or "1 Gbps"';
const A_QUOTA = 'write a share of one CPU, e.g. "50%", or the time in each period, e.g. "50 ms"';

describe('what is wrong with the options of set', () => {
  it.each<[Given, string[]]>([
    [{ nic: '1', rate: '10 Mbit/s' }, []],
    [{ nic: '1', rate: '10 Mbit/s', neutronQos: 'override' }, []],
    [
      { nic: '1', rate: '10 Mbit/s', neutronQos: 'no' },
      ['"--neutron-qos" must be "respect" or "override", found "no"'],
    ],
    [{ nic: 'vnet9', rate: '1 MB/s' }, [`--nic vnet9 names no NIC; ${WHICH_NIC}`]],
    [{ nic: '1,2', rate: '1 MB/s' }, [`--nic 1,2 names no NIC; ${WHICH_NIC}`]],
    [{ nic: '0', rate: '1 MB/s' }, [`--nic 0 names no NIC; ${WHICH_NIC}`]],
    [{ nic: '', rate: '1 MB/s' }, [`--nic "" names no NIC; ${WHICH_NIC}`]],
    [
      { nic: '1' },
      ['--nic 1 says which NIC, and nothing says its limits; give some of --rate, --inbound, --outbound'],
    ],
    [{ rate: '1 MB/s' }, ['--rate, --inbound and --outbound need --nic; give a position, a MAC, or all']],
    [
      { nic: '1', rate: '1 MB/s', outbound: '2 MB/s' },
      ['--rate is for both ways, and cannot stand beside --outbound; give one or the other'],
    ],
    [{ nic: '1', rate: 'fast' }, [`--rate: "fast" is not a rate; ${A_RATE}`]],
    [
      { nic: '1', inbound: '1 MB/s,fast', outbound: '1 MB/s' },
      [`--inbound: "fast" is not a rate; ${A_RATE}`],
    ],
    [
      { nic: '1', rate: '0' },
      [
        '--rate: a rate of zero means unlimited to libvirt; to take a limit away, write unlimited for the whole direction',
      ],
    ],
    [
      { nic: '1', rate: '100' },
      [
        "--rate 100 is 800 kbit/s: a rate without a unit is libvirt's own, kB/s; write --rate 100 Mbit/s if that is meant, or 800 kbit/s",
      ],
    ],
    [{ cpuQuota: '50%', cpuTotal: 'x' }, [`--cpu-total: "x" is not a quota; ${A_QUOTA}`]],
    [
      { disk: 'vda', totalIopsSec: '5', readIopsSec: '5' },
      [
        '--total-iops-sec and --read-iops-sec or --write-iops-sec cannot be set together; leave out the one or the other',
      ],
    ],
    [
      { disk: 'vda', burstIops: '5' },
      ['--burst-iops: nothing sets a limit; give e.g. --total-bytes-sec or --total-iops-sec'],
    ],
    [
      { device: 'sda', deviceReadIopsSec: '5' },
      [expect.stringMatching(/^--device: "sda" is no path of a block device/) as unknown as string],
    ],
  ])('%j', (given, expected) => {
    expect(said(given)).toEqual(expected);
  });

  it('says nothing of rules, nor of hosts in brackets', () => {
    const words = inWordsOfSet({ nic: '1', rate: 'x' });
    const one = { severity: 'error', message: 'it is wrong (host hv01.example.net)' } as const;
    expect(words(one).message).toBe('--rate: it is wrong');
    expect(words({ ...one, message: 'no host or group matches "hv9"' }).message).toBe(
      'the inventory has no host "hv9"',
    );
    for (const message of [
      'the policy virtune.policy.yml is in force (1 rule)',
      'the inventory nope.yml does not exist',
      'hv01: ansible_port must be a whole number from 1 to 65535',
    ])
      expect(words({ ...one, message }).message).toBe(message);
    const ofFile = { ...one, place: { file: 'hosts.yml', line: 1, column: 1 } };
    expect(words(ofFile)).toBe(ofFile);
  });
});
