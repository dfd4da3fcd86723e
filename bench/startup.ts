import type { Build } from './build.ts';
import { type Command, run } from './process.ts';
import { pairs } from './stats.ts';
import { busyText, ms, type Section, times } from './table.ts';

/** How long the command line takes before it does anything, over an empty Node program. */
export async function benchStartup(build: Build, rounds: number): Promise<Section> {
  const node: Command = [process.execPath, '-e', '0'];
  const busyBefore = await busyText();
  const rows = [];
  for (const flag of ['--version', '--help']) {
    const [a, b]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      a.push((await run([process.execPath, build.virtune, flag])).wallMs);
      b.push((await run(node)).wallMs);
    }
    const { ratio, ...middle } = pairs(a, b);
    rows.push({
      what: `virtune ${flag} / node -e 0`,
      value: times(ratio),
      detail: `${ms(middle.a)} / ${ms(middle.b)}`,
    });
  }
  return { title: `Start-up, ${rounds} pairs, ${busyBefore}`, rows };
}
