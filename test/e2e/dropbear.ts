import { lab } from './lab.ts';

/** The port of a lab host's second SSH server. */
export const DROPBEAR_PORT = 2222;

/** Starts dropbear on a lab host, with the host's own key and the lab's login, unless it runs there already. */
export async function startDropbearOn(host: string): Promise<void> {
  const script = `
    [ -e /run/dropbear.pid ] && kill -0 $(cat /run/dropbear.pid) && exit
    install -d -m 700 /root/.ssh
    cp /run/lab/authorized_keys /root/.ssh/
    dropbearconvert openssh dropbear /etc/ssh/ssh_host_ed25519_key /run/dropbear_key
    address=$(ip -4 -o addr show eth0 | sed 's,.* inet \\([0-9.]*\\)/.*,\\1,')
    dropbear -E -r /run/dropbear_key -P /run/dropbear.pid -p $address:$0 </dev/null >/run/lab/log/dropbear.log 2>&1
    until [ -s /run/dropbear.pid ]; do sleep 0.05; done`;
  await lab(['exec', host, 'sh', '-ec', script, String(DROPBEAR_PORT)]);
}
