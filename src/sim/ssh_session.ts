import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuthContext, Connection, ParsedKey, ServerChannel } from 'ssh2';
import type { SimHost } from './model.ts';
import { runCommandLine } from './shell.ts';
import type { ExecFault, SshFaults } from './ssh_faults.ts';
import { serveWatch, watchArguments } from './watch.ts';

/** What the handlers of one server share. */
export interface SessionContext {
  readonly host: SimHost;
  readonly faults: SshFaults;
  readonly counts: { execs: number };
  /** The one public key that may log in. */
  readonly allowed: ParsedKey;
}

/** Authentication, sessions and execs of one connection. */
export function serveConnection(connection: Connection, context: SessionContext): void {
  let execs = 0;
  // Clients that break off are what faults are about.
  connection.on('error', () => {});
  connection.on('authentication', (attempt) => authenticate(attempt, context));
  connection.on('session', (accept) => {
    const session = accept();
    session.on('exec', (acceptExec, reject, { command }) => {
      const { faults, counts } = context;
      const fault = faults.execs[Math.min(execs, faults.execs.length - 1)] ?? {};
      execs++;
      counts.execs++;
      if (command.length > faults.longestCommand) {
        hangUp(connection);
        return;
      }
      if (fault.refuse === true) {
        reject();
        return;
      }
      const channel = acceptExec();
      channel.on('error', () => {});
      answer(connection, channel, command, fault, context).catch((error: unknown) => {
        // A fault of the simulation itself must not look like an answer.
        channel.stderr.write(`simulation: ${String(error)}\n`);
        channel.exit(125);
        channel.end();
      });
    });
  });
}

function authenticate(attempt: AuthContext, { faults, allowed }: SessionContext): void {
  if (!faults.rejectKeys && isOwner(attempt, allowed)) attempt.accept();
  else attempt.reject(['publickey']);
}

function isOwner(attempt: AuthContext, allowed: ParsedKey): boolean {
  if (attempt.method !== 'publickey' || !attempt.key.data.equals(allowed.getPublicSSH())) return false;
  const { blob, signature, hashAlgo } = attempt;
  // Without a signature the client only asks whether the key would do.
  if (signature === undefined || blob === undefined) return true;
  return allowed.verify(blob, signature, hashAlgo) === true;
}

async function answer(
  connection: Connection,
  channel: ServerChannel,
  command: string,
  fault: ExecFault,
  { host, faults }: SessionContext,
): Promise<void> {
  if (fault.delayMs !== undefined) await delay(fault.delayMs);
  const watching = watchArguments(command);
  if (watching !== null) return serveWatch(host, channel, watching);
  const { stdout, stderr, code } = await runCommandLine(host, command);
  const text = faults.noise.stdout + (fault.corrupt === undefined ? stdout : fault.corrupt(stdout));
  const errors =
    faults.noise.stderr + (fault.corruptErrors === undefined ? stderr : fault.corruptErrors(stderr));
  if (errors !== '') channel.stderr.write(errors);
  if (fault.cut !== undefined) {
    const { afterBytes, how } = fault.cut;
    channel.write(Buffer.from(text).subarray(0, afterBytes), () => {
      if (how === 'drop') hangUp(connection);
    });
    return;
  }
  if (text !== '') channel.write(text);
  if (fault.signal === undefined) channel.exit(code);
  else channel.exit(fault.signal);
  channel.end();
}

/** Not ssh2's own end(), which would say goodbye. */
function hangUp(connection: Connection): void {
  (connection as unknown as { readonly _sock?: Socket })._sock?.destroy();
}
