import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB, lab, virsh } from '../lab.ts';

/** What befalls hosts and their VMs while a watch runs. */

export const LIMIT = { average: 1000, peak: 1000, burst: 1000 };
export const LIMITED = "<inbound average='1000' peak='1000' burst='1000'/>";

export const onHost = (host: string, script: string, ...args: string[]) =>
  lab(['exec', host, 'bash', '-ec', script, ...args]);

/** How many NICs of running VMs of these names are without the limit, live or in the configuration. */
export async function without(host: string, prefix: string): Promise<number> {
  const script = `
    virsh -q list --uuid --name | while read -r uuid name; do
      case $name in "$0"*) for side in '' --inactive; do
        xml=$(virsh -q dumpxml $side $uuid)
        echo $(($(grep -c '<interface ' <<<$xml || :) - $(grep -c "$1" <<<$xml || :))); done ;; esac
    done`;
  const lines = (await onHost(host, script, prefix, LIMITED)).trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line), 0);
}

/** As Nova's hard reboot does it: what it writes anew has no limits. */
export async function rebuild(host: string, uuid: string): Promise<void> {
  const script = `
    virsh -q dumpxml --inactive $0 | sed '/<bandwidth>/,/<.bandwidth>/d' >/tmp/$0.xml
    virsh -q destroy $0; virsh -q undefine --managed-save $0; virsh -q define /tmp/$0.xml; virsh -q start $0`;
  await onHost(host, script, uuid);
}

export const byHand = (host: string, uuid: string, mac: string, ...how: string[]) =>
  virsh(host, 'domiftune', uuid, mac, '--inbound', '7', ...how);

export const killLibvirtd = (host: string) =>
  onHost(host, 'kill -9 $(cat /run/libvirtd.pid); sleep 1; LC_ALL=C exec libvirtd -d');

export const hangLibvirtd = (host: string) => onHost(host, 'kill -STOP $(cat /run/libvirtd.pid)');
export const wakeLibvirtd = (host: string) => onHost(host, 'kill -CONT $(cat /run/libvirtd.pid)');

/** The host's sshd and all of its sessions, at once; then it is there again. */
export const restartSshd = (host: string) =>
  onHost(
    host,
    'pid=$(cat /run/sshd.pid); pkill -9 -P $pid || :; kill -9 $pid; sleep 0.5; exec /usr/sbin/sshd -E /run/lab/log/sshd.log',
  );

/** The program of the stream, and what it has started of its own. */
export const killStreams = (host: string) => onHost(host, "pkill -9 -f '[e]vent --event' || :");

/** The host's cable: what is on the way is lost, and nobody is told. */
export function cable(host: string, state: 'up' | 'down'): void {
  const [, subnet = ''] = /LAB_SUBNET=(\d+)/.exec(readFileSync(join(LAB, 'lab.env'), 'utf8')) ?? [];
  const link = `vl${subnet}-${Number(host.replace(/\D+/, ''))}`;
  execFileSync('ip', ['link', 'set', link, state]);
}

/** Processes of a watch that are on a host. */
export const streams = async (host: string) =>
  Number(await onHost(host, "pgrep -fc '[e]vent --event [a-z-]* --loop' || :"));
