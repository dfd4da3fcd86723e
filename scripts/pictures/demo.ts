import { recordDemo } from './record.ts';
import { renderSvg } from './svg.ts';

const COLUMNS = 108;

/** The picture of the README: the shipped playbook on the demo fleet. Equal as long as virtune says the same. */
export async function drawDemo(root: string): Promise<string> {
  const lines = await recordDemo(root, COLUMNS);
  return renderSvg(lines, { columns: COLUMNS, title: 'virtune on a simulated fleet' });
}
