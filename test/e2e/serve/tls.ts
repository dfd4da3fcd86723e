import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get as getInTheClear, type IncomingMessage } from 'node:http';
import { get as getByTls } from 'node:https';
import { join } from 'node:path';

/** A certificate of its own authority, and its key, in PEM files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes one for an address of this machine, by openssl. */
export function certificateFor(address: string, dir: string): Certificate {
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=virtune', '-addext', `subjectAltName=IP:${address}`];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-out', files.cert, '-keyout', files.key], {
    stdio: 'ignore',
  });
  return files;
}

export interface Got {
  readonly status: number;
  readonly text: string;
}

/** @param tls whose certificate is believed, and no other */
export function got(url: string, tls?: Certificate): Promise<Got> {
  return new Promise((done, fail) => {
    const hear = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (more: string) => {
        text += more;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
      response.on('error', fail);
    };
    const request =
      tls === undefined
        ? getInTheClear(url, hear)
        : getByTls(url, { ca: readFileSync(tls.cert), agent: false }, hear);
    request.on('error', fail);
  });
}
