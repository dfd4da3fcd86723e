import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { ConnectionTarget } from '../connection.ts';
import { askSecret } from '../keys/ask_person.ts';
import { privateDir } from '../private_dir.ts';

/** Answers the questions of one ssh, over a socket that only this user can open. */
export interface Askpass {
  /** Environment for ssh. Holds no secret: the program asks for it. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => void;
}

const PROGRAM = `const s=require('net').connect(process.env.VIRTUNE_ASKPASS);s.end(process.argv[1]||'');let t='';
s.on('data',d=>t+=d).on('close',()=>{if(t==='')process.exitCode=1;else process.stdout.write(t.slice(1)+'\\n')}).on('error',()=>{})`;

let program: string | undefined;

/** Which secret a question of ssh is about; null for one that virtune does not answer. Pure. */
export function questionOf(prompt: string): 'password' | 'passphrase' | null {
  if (/passphrase for/i.test(prompt)) return 'passphrase';
  return /password[^\n]*:\s*$/i.test(prompt) ? 'password' : null;
}

/**
 * Lets the system's ssh ask virtune for secrets by SSH_ASKPASS: none is in an argument, in the environment or on disk.
 * @param number tells this ssh from others
 */
export async function openAskpass(target: ConnectionTarget, number: number): Promise<Askpass> {
  program ??= writeProgram();
  const socket = join(privateDir(), `a${number}`);
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    let prompt = '';
    client.on('error', () => {});
    client.on('data', (chunk) => {
      prompt += chunk;
    });
    client.on('end', () => {
      answer(target, prompt).then(
        (text) => client.end(text === null ? '' : `=${text}`),
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
    close: () => void server.close(),
  };
}

async function answer(target: ConnectionTarget, prompt: string): Promise<string | null> {
  const kind = questionOf(prompt);
  const known = kind === 'password' ? target.password : kind === 'passphrase' ? target.passphrase : undefined;
  if (known !== undefined) return known();
  return kind === 'passphrase' ? askOnce(prompt) : null;
}

const asked = new Map<string, Promise<string | null>>();

function askOnce(prompt: string): Promise<string | null> {
  const going = asked.get(prompt) ?? askSecret(prompt);
  asked.set(prompt, going);
  return going;
}

function writeProgram(): string {
  const file = join(privateDir(), 'askpass');
  writeFileSync(
    file,
    `#!/bin/sh\nexec '${process.execPath.replaceAll("'", "'\\''")}' -e "${PROGRAM}" -- "$1"\n`,
  );
  chmodSync(file, 0o700);
  return file;
}
