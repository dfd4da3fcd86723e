import { parseYaml } from '../src/yaml/parse.ts';
import { HOSTILE } from '../test/thorough/hostile_yaml.ts';
import { median } from './stats.ts';
import { atMost, busyText, type Section, seconds } from './table.ts';

const LIMIT_MS = 1000;

/** Hostile YAML of the tests, up to 16 MiB each, to its errors: CPU time of the parser alone, in this process. */
export async function benchHostile(rounds: number): Promise<Section> {
  const title = `${HOSTILE.length} hostile YAML texts of up to 16 MiB, each to its errors, ${await busyText()}`;
  const costs = HOSTILE.map(([name, text]) => {
    const written = text();
    const times = Array.from({ length: rounds }, () => {
      const before = process.cpuUsage();
      parseYaml(written, 'f');
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return { name, cpuMs: median(times) };
  }).sort((a, b) => b.cpuMs - a.cpuMs);
  const [slowest = { name: '', cpuMs: Number.NaN }] = costs;
  return {
    title,
    rows: [
      {
        what: 'the slowest: CPU',
        value: seconds(slowest.cpuMs),
        goal: atMost(slowest.cpuMs, LIMIT_MS, '1 s'),
        detail: slowest.name,
      },
      { what: 'the one in the middle: CPU', value: seconds(median(costs.map(({ cpuMs }) => cpuMs))) },
    ],
  };
}
