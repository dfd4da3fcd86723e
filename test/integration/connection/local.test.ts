import { describe, expect, it } from 'vitest';
import type { ConnectionTarget } from '../../../src/connection/connection.ts';
import { connect } from '../../unit/connection/connected.ts';
import { targetOf } from '../../unit/connection/fixtures.ts';

const here = (changes: Partial<ConnectionTarget> = {}) => targetOf({ kind: 'local', ...changes });

describe('the machine itself', () => {
  it.each([
    ['echo out; echo err >&2; exit 3', { stdout: 'out\n', stderr: 'err\n', code: 3 }],
    ['kill -9 $$', { stdout: '', stderr: '', code: null, signal: 'SIGKILL' }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    ["printf '%s' 'a$b`c\\d' \"${HOME:+set}\"", { stdout: 'a$b`c\\dset', stderr: '', code: 0 }],
    ['cat; echo "end of input, $0"', { stdout: 'end of input, /bin/sh\n', stderr: '', code: 0 }],
    ['false; echo still here', { stdout: 'still here\n', stderr: '', code: 0 }],
    ['/no/such/command', { stdout: '', stderr: expect.stringContaining('not found'), code: 127 }],
  ])('%s', async (command, expected) => {
    const connection = await connect(here());
    expect(await connection.exec(command)).toEqual(expected);
    connection.close();
  });

  it('ends what hangs, with all that it started', async () => {
    const connection = await connect(here({ idleTimeoutMs: 300 }));
    const mark = `97${process.pid}`;
    await expect(connection.exec(`sleep ${mark} & sleep ${mark}; true`)).rejects.toMatchObject({
      code: 'exec_timeout',
    });
    connection.close();
    // Patient: a busy machine may be silent longer than that.
    const patient = await connect(here());
    const left = await patient.exec(`sleep 0.1; ps -eo args | grep -c '^sleep ${mark}$'`);
    expect(left.stdout).toBe('0\n');
    patient.close();
  });

  it('caps the output', async () => {
    const connection = await connect(here());
    await expect(connection.exec('yes')).rejects.toMatchObject({ code: 'output_too_large' });
    connection.close();
  });

  it('ends with the run, and with the connection', async () => {
    const abort = new AbortController();
    const connection = await connect(here(), abort.signal);
    const running = expect(connection.exec('sleep 1000')).rejects.toMatchObject({ code: 'aborted' });
    abort.abort();
    await running;
    await expect(connection.exec('true')).rejects.toMatchObject({ code: 'aborted' });
    await expect(connect(here(), abort.signal)).rejects.toMatchObject({ code: 'aborted' });

    const other = await connect(here());
    const closing = expect(other.exec('sleep 1000')).rejects.toMatchObject({ code: 'closed' });
    other.close();
    await closing;
  });
});
