import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceFact, deviceOf } from '../../../src/facts/device.ts';
import { devicePaths, hostFacts, keepPaths } from '../../../src/facts/read.ts';
import { DEVICE_PATH, DEVICE_PATH_ERE, parseDevices, UNKNOWN_DEVICE } from '../../../src/libvirt/devices.ts';
import { renderRead } from '../../../src/libvirt/script.ts';
import { splitSections } from '../../../src/libvirt/sections.ts';
import { textSum } from '../../../src/libvirt/sum_script.ts';

const MARKER = 'vt0123';

function parse(body: string) {
  return parseDevices(splitSections(MARKER, `${MARKER}:begin\n${body}${MARKER}:end\n`));
}

describe('what a host says of its block devices', () => {
  it.each([
    [
      'fe:0 block special file\nwhole\n/dev/vda\n/dev/disk/by-id/x\n\n',
      'disk',
      ['/dev/a', '/dev/vda', '/dev/disk/by-id/x'],
    ],
    ['8:1 block special file\npartition\n/dev/a\n\n', 'partition', []],
    ['8:c8 block special file\nnothing\n/dev/a\n\n', 'stale', []],
    ['8:c8 block special file\n', 'unknown', []],
    ['1:3 character special file\n', 'other', []],
    ['0:0 directory\n', 'other', []],
    ['', 'absent', []],
  ])('%j', (body, kind, names) => {
    expect(parse(`${MARKER}:b:/dev/a\n${body}`).get('/dev/a')).toEqual({
      kind,
      number: kind === 'disk' ? '254:0' : '',
      names,
      ioController: 'unknown',
      sum: textSum([body]),
    });
  });

  it.each([
    ['cpuset cpu io memory\n', 'yes'],
    ['cpuset cpu memory\n', 'no'],
    ['session\n', 'session'],
    ['', 'unknown'],
  ])('whether its kernel has the controller: %j', (body, ioController) => {
    const { ioController: said } =
      parse(`${MARKER}:io\n${body}${MARKER}:b:/dev/a\n`).get('/dev/a') ?? UNKNOWN_DEVICE;
    expect(said).toBe(ioController);
  });

  it('is a fact of each path, unknown where the answer does not tell', () => {
    const facts = [deviceFact('/dev/a'), deviceFact('/dev/b'), deviceFact('/dev/a')];
    expect(devicePaths(facts)).toEqual(['/dev/a', '/dev/b']);
    expect(keepPaths(facts)).toEqual(['domain/name', 'domain/uuid', 'domain/title']);
    const devices = parse(`${MARKER}:b:/dev/a\n1:3 character special file\n`);
    const read = hostFacts(
      {
        described: [],
        unreadable: [],
        notRead: 0,
        names: new Map(),
        networks: [],
        devices,
        kernel: new Map(),
        trials: [],
      },
      facts,
    );
    expect(deviceOf(read, '/dev/a').kind).toBe('other');
    expect(deviceOf(read, '/dev/b')).toBe(UNKNOWN_DEVICE);
  });
});

describe('paths that a host can be asked about', () => {
  const good = [
    '/dev/sda',
    '/dev/disk/by-path/ip-10.0.0.1:3260-iscsi-iqn.2003-01.org:t-lun-0',
    '/dev/mapper/vg-lv--x',
  ];
  const bad = [
    '',
    '/dev',
    '/dev/',
    'sda',
    '/etc/passwd',
    '/dev/../etc/passwd',
    '/dev/.x',
    '/dev//sda',
    '/dev/sda/',
  ];
  const worse = [
    '/dev/a b',
    '/dev/a,1',
    '/dev/a;b',
    '/dev/*',
    '/dev/$x',
    '/dev/a\nb',
    "/dev/a'",
    '/dev/-x',
    '/dev/ä',
  ];

  it.each([
    ...good.map((path) => [path, true] as const),
    ...[...bad, ...worse].map((path) => [path, false] as const),
  ])('%j: %s', (path, fits) => {
    expect(DEVICE_PATH.test(path)).toBe(fits);
    expect(new RegExp(`^${DEVICE_PATH_ERE}$`).test(path)).toBe(fits);
    if (!fits) expect(() => deviceFact(path)).toThrow(TypeError);
  });
});

describe('the reading program on this machine', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-devices-'));
    // Without virsh the program ends early.
    writeFileSync(join(dir, 'virsh'), '#!/bin/sh\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const read = (uri: string, devices: readonly string[]) => {
    const command = renderRead({ marker: MARKER, uri, keep: ['domain/name'], devices });
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` };
    const stdout = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8', env, stdio: 'pipe' });
    return parseDevices(splitSections(MARKER, stdout));
  };
  const isBlock = (name: string) => statSync(`/dev/${name}`, { throwIfNoEntry: false })?.isBlockDevice();
  const [block] = readdirSync('/dev').filter(
    (name) => /^(?:[vs]d[a-z]|nvme\d+n\d+|loop0)$/.test(name) && isBlock(name),
  );

  it('tells what is no block device', () => {
    const devices = read('qemu:///system', ['/dev/null', '/dev/virtune-none']);
    expect([...devices].map(([path, { kind }]) => `${path} ${kind}`)).toEqual([
      '/dev/null other',
      '/dev/virtune-none absent',
    ]);
  });

  it.skipIf(block === undefined)('tells a whole device with its names', () => {
    const device = read('qemu:///system', [`/dev/${block}`]).get(`/dev/${block}`);
    expect(device?.kind).toBe('disk');
    expect(device?.names).toContain(`/dev/${block}`);
  });

  it('tells of session mode', () => {
    const controllers = ['qemu:///session', 'qemu:///system'].map(
      (uri) => read(uri, ['/dev/null']).get('/dev/null')?.ioController === 'session',
    );
    expect(controllers).toEqual([true, false]);
  });

  it('says nothing where libvirt is another host’s', () => {
    expect(read('qemu+tcp://192.0.2.1/system', ['/dev/null']).size).toBe(0);
  });
});
