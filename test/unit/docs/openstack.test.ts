import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isPluginFile, parseOpenstackSource } from '../../../src/inventory/openstack/parse.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { blocksOf } from './blocks.ts';

const BLOCKS = blocksOf('openstack.md').filter(({ language }) => language === 'yaml');

describe('examples of docs/openstack.md', () => {
  it.each(BLOCKS.map(({ text }, index) => [index + 1, text] as const))('%i', (_, text) => {
    const value: unknown = parse(text);
    if (isPluginFile(value)) {
      expect(parseOpenstackSource(value, 'openstack.yml').diagnostics).toEqual([]);
      return;
    }
    const [module = 'nic_limits'] = /^# (\w+)$/m.exec(text)?.slice(1) ?? [];
    const { args, diagnostics } = MODULES.find(({ name }) => name === module)!.parse({
      ...(value as object),
      servers: [],
      ...(module === 'nic_limits' ? { cloud: { cloud: 'east', region: 'RegionOne' } } : {}),
    });
    expect(diagnostics).toEqual([]);
    expect(args?.rules.length).toBeGreaterThan(0);
  });

  it('are there', () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(2);
  });
});
