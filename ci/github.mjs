// What action.yml runs: virtune with the reports of GitHub Actions, and one comment on the pull request.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const env = process.env;
const lines = (text) =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A message of the runner: what it says can be no command of its own. */
const say = (level, text) =>
  console.log(`::${level}::${text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`);

function stop(text) {
  say('error', text);
  process.exit(1);
}

const name = env.VIRTUNE_NAME || 'virtune';
if (!/^[\w.-]{1,60}$/.test(name)) stop(`the name "${name}" may have letters, digits, "-", "_" and "." only`);
if (!['check', 'apply'].includes(env.VIRTUNE_MODE)) stop('mode must be check or apply');
const playbooks = lines(env.VIRTUNE_PLAYBOOK);
if (playbooks.length === 0) stop('playbook is missing');

const temp = join(env.RUNNER_TEMP || '/tmp', `virtune-${name}`);
const reports = join(temp, 'reports');
rmSync(temp, { recursive: true, force: true });
mkdirSync(reports, { recursive: true, mode: 0o700 });

const agent = env.VIRTUNE_SSH_PRIVATE_KEY ? startAgent(env.VIRTUNE_SSH_PRIVATE_KEY) : null;
const status = await runVirtune();
if (agent !== null) process.kill(agent.pid);
if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, `reports=${reports}\n`);
if (env.VIRTUNE_COMMENT === 'true') await comment().catch((error) => say('warning', `no comment: ${error.message}`));
const isDrift = status === 2 && env.VIRTUNE_FAIL_ON_DRIFT !== 'true';
process.exit(isDrift ? 0 : status);

/** The key never is a file: it goes to an agent on its standard input. */
function startAgent(key) {
  const socket = join(temp, 'agent');
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  child.on('error', (error) => stop(`ssh-agent: ${error.message}`));
  const input = key.endsWith('\n') ? key : `${key}\n`;
  for (let tries = 50; ; tries -= 1) {
    const added = spawnSync('ssh-add', ['-q', '-'], { input, env: { ...env, SSH_AUTH_SOCK: socket }, encoding: 'utf8' });
    if (added.status === 0) return { pid: child.pid, socket };
    // The socket may not be there yet.
    if (tries === 0 || added.status === 1) {
      process.kill(child.pid);
      stop(`the key was not taken: ${added.stderr.trim()}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

function runVirtune() {
  const args = ['run', ...playbooks, ...lines(env.VIRTUNE_INVENTORY).flatMap((one) => ['-i', one])];
  if (env.VIRTUNE_MODE === 'check') args.push('--check');
  if (env.VIRTUNE_KNOWN_HOSTS) {
    const file = join(temp, 'known_hosts');
    writeFileSync(file, `${env.VIRTUNE_KNOWN_HOSTS.trim()}\n`, { mode: 0o600 });
    args.push('--known-hosts', file);
  }
  if (env.VIRTUNE_WAIVERS) args.push('--waivers', env.VIRTUNE_WAIVERS);
  // The first run of all has no report before it.
  if (env.VIRTUNE_BASELINE && existsSync(env.VIRTUNE_BASELINE)) args.push('--baseline', env.VIRTUNE_BASELINE);
  else if (env.VIRTUNE_BASELINE) say('notice', `there is no baseline ${env.VIRTUNE_BASELINE} yet`);
  const formats = { json: 'report.json', html: 'report.html', markdown: 'report.md', junit: 'junit.xml' };
  for (const [format, file] of Object.entries(formats)) args.push('--report', `${format}=${join(reports, file)}`);
  args.push('--report', 'github', ...lines(env.VIRTUNE_ARGUMENTS));
  const { VIRTUNE_SSH_PRIVATE_KEY: _, VIRTUNE_GITHUB_TOKEN: __, ...rest } = env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: agent === null ? rest : { ...rest, SSH_AUTH_SOCK: agent.socket },
  });
  return new Promise((done) => {
    child.on('error', (error) => stop(error.message));
    child.on('close', (code) => done(code ?? 1));
  });
}

/** One comment a fleet: the one that is there is updated. */
async function comment() {
  const { pull_request: request } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
  if (request === undefined) return;
  const marker = `<!-- virtune:${name} -->`;
  const body = `${marker}\n${readFileSync(join(reports, 'report.md'), 'utf8')}`;
  const base = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
  const old = await find(`${base}/${request.number}/comments`, marker);
  if (old === null) await ask('POST', `${base}/${request.number}/comments`, { body });
  else await ask('PATCH', `${base}/comments/${old.id}`, { body });
}

async function find(url, marker) {
  for (let page = 1; ; page += 1) {
    const all = await ask('GET', `${url}?per_page=100&page=${page}`);
    const own = all.find((one) => one.body?.startsWith(marker));
    if (own !== undefined || all.length < 100) return own ?? null;
  }
}

async function ask(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${env.VIRTUNE_GITHUB_TOKEN}`,
      'x-github-api-version': '2022-11-28',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status}`);
  return await response.json();
}
