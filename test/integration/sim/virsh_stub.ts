import { demoFleet } from '../../../src/sim/demo_fleet.ts';
import { virsh } from '../../../src/sim/virsh.ts';

/** Stands in for virsh below a real shell: the simulated one, on the demo's third host as it is at the start. */
const [host] = demoFleet().slice(2);
if (host === undefined) throw new Error('the demo has no third host');
const { stdout, stderr, code } = await virsh(host, process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = code;
