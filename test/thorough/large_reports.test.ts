import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/result.ts';
import { REPORTERS } from '../../src/reporters/index.ts';
import { jsonReport } from '../../src/reporters/json.ts';
import { reportReader } from '../../src/reporters/read/json.ts';
import { CONTEXT, hostResult, nicChange, runResult } from '../unit/reporters/results.ts';

/** Reports of 10,000 hosts are written and read in pieces: what is kept meanwhile does not grow with them. */

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const used = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};

/** Hosts with some NICs each, of which one on every tenth host would change. */
function fleet(hosts: number, nics: number): RunResult {
  const [right, wrong] = [nicChange('inSync'), nicChange('pending')];
  const all = Array.from({ length: hosts }, (_, h) =>
    hostResult(`hv${h}`, {
      hypervisor: `hv${h}`,
      status: h % 10 === 0 ? 'changed' : 'ok',
      totals: { nic: nics },
      resources: Array.from({ length: nics }, (_, n) => {
        const change = h % 10 === 0 && n === 0 ? wrong : right;
        const uuid = `5d4c1c6e-0000-4000-8000-${String(h * nics + n).padStart(12, '0')}`;
        return { ...change, host: `hv${h}`, domain: { ...change.domain, uuid, name: `web-${h}-${n}` } };
      }),
    }),
  );
  return runResult(all, { exitCode: 2 });
}

describe('a report of 10,000 hosts', () => {
  const result = fleet(10_000, 3);

  it.each(Object.entries(REPORTERS))('is written in pieces, and little is kept of it: %s', (_, { write }) => {
    const before = used();
    let [bytes, largest, kept, next] = [0, 0, 0, 0];
    for (const piece of write(result, CONTEXT)) {
      bytes += piece.length;
      largest = Math.max(largest, piece.length);
      if (bytes < next) continue;
      next = bytes + 5e6;
      kept = Math.max(kept, used() - before);
    }
    // Of a format that stops at so many findings all of these may be one piece.
    expect(largest).toBeLessThan(2e6);
    expect(kept).toBeLessThan(20);
  });

  it('is read in pieces: what is alike is there once, and the text not at all', () => {
    const reader = reportReader('large.json');
    const before = used();
    let [bytes, largest, next] = [0, 0, 0];
    for (const piece of jsonReport(result)) {
      bytes += piece.length;
      reader.add(Buffer.from(piece));
      if (bytes < next) continue;
      next = bytes + 10e6;
      largest = Math.max(largest, used() - before);
    }
    const read = reader.end();
    expect(read.hosts).toHaveLength(10_000);
    expect(bytes / 1e6).toBeGreaterThan(40);
    // Each of 30,000 NICs has its VM, its key and the like.
    expect(largest).toBeLessThan(bytes / 1e6 / 1.5);
    expect(new Set(read.hosts.flatMap((host) => host.resources.map((one) => one.settings))).size).toBe(2);
  });
});
