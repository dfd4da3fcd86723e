import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { ConnectionTarget } from '../connection.ts';
import type { Clock } from '../keys/passphrases.ts';
import { privateDir } from '../private_dir.ts';
import type { Shared } from '../shared.ts';

/** Answers the questions of one ssh, over a socket that only this user can open. */
export interface Askpass {
  /** Environment for ssh. Holds no secret: the program asks for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether ssh has been given the password. */
  readonly gavePassword: () => boolean;
  readonly close: () => void;
}

const PROGRAM = `const s=require('net').connect(process.env.VIRTUNE_ASKPASS);s.end(process.argv[1]||'');let t='';
s.on('data',d=>t+=d).on('close',()=>{if(t==='')process.exitCode=1;else process.stdout.write(t.slice(1)+'\\n')}).on('error',()=>{})`;

/** Which secret a question of ssh is about; null for one that virtune does not answer. Pure. */
export function questionOf(prompt: string): 'password' | 'passphrase' | null {
  if (/passphrase for/i.test(prompt)) return 'passphrase';
  return /password[^\n]*:\s*$/i.test(prompt) ? 'password' : null;
}

/**
 * Whether a question for a password is about the host itself. A proxy command that is an ssh, too, inherits the
 * program that answers, and its bastion must not get the host's password. Pure.
 */
export function isAbout({ user, address, hostKeyAlias }: ConnectionTarget, prompt: string): boolean {
  const named = /^\((\S+)\) /.exec(prompt)?.[1] ?? /^(\S+)'s password/.exec(prompt)?.[1];
  if (named === undefined) return true;
  const host = hostKeyAlias ?? address;
  // In one of its questions OpenSSH cuts both.
  return [`${user}@${host}`, `${user.slice(0, 30)}@${host.slice(0, 128)}`].some(
    (own) => own.toLowerCase() === named.toLowerCase(),
  );
}

/**
 * Lets the system's ssh ask virtune for secrets by SSH_ASKPASS: none is in an argument, in the environment or on disk.
 * @param number tells this ssh from others
 * @param clock stands still while a person is asked
 */
export async function openAskpass(
  shared: Shared,
  target: ConnectionTarget,
  number: number,
  clock: Clock,
): Promise<Askpass> {
  const program = shared.the(writeProgram);
  const socket = join(shared.the(privateDir), `a${number}`);
  let gavePassword = false;
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    let prompt = '';
    client.on('error', () => {});
    client.on('data', (chunk) => {
      prompt += chunk;
    });
    client.on('end', () => {
      answer(shared, target, prompt, clock).then(
        (text) => {
          gavePassword ||= text !== null && questionOf(prompt) === 'password';
          client.end(text === null ? '' : `=${text}`);
        },
        () => client.destroy(),
      );
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(socket, () => done());
  });
  server.unref();
  return {
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':', VIRTUNE_ASKPASS: socket },
    gavePassword: () => gavePassword,
    close: () => void server.close(),
  };
}

async function answer(
  shared: Shared,
  target: ConnectionTarget,
  prompt: string,
  clock: Clock,
): Promise<string | null> {
  const kind = questionOf(prompt);
  if (kind === 'password') return isAbout(target, prompt) ? (target.password?.() ?? null) : null;
  if (kind === null) return null;
  if (target.passphrase !== undefined) return target.passphrase();
  clock.stop();
  return askOnce(shared, prompt).finally(clock.start);
}

/** The questions of a run. */
function questions(): Map<string, Promise<string | null>> {
  return new Map();
}

function askOnce(shared: Shared, prompt: string): Promise<string | null> {
  const asked = shared.the(questions);
  const going = asked.get(prompt) ?? shared.ask(prompt);
  asked.set(prompt, going);
  return going;
}

function writeProgram(shared: Shared): string {
  const file = join(shared.the(privateDir), 'askpass');
  writeFileSync(
    file,
    `#!/bin/sh\nexec '${process.execPath.replaceAll("'", "'\\''")}' -e "${PROGRAM}" -- "$1"\n`,
  );
  chmodSync(file, 0o700);
  return file;
}
