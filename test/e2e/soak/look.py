"""What a hypervisor has, by plain virsh and Python's own XML reader. Runs on the host, prints JSON; writes nothing."""

import json
import subprocess
import xml.etree.ElementTree as tree

FIELDS = {"inbound": ("average", "peak", "burst", "floor"), "outbound": ("average", "peak", "burst")}
NOVA = ("{http://openstack.org/xmlns/libvirt/nova/1.1}", "{http://openstack.org/xmlns/libvirt/nova/1.0}")
MARK = "@@@@"


def virsh(commands):
    """The outputs of several commands, in one process. Any error ends all."""
    if not commands:
        return []
    script = "; ".join(f"{command}; echo {MARK}" for command in commands)
    ran = subprocess.run(["virsh", "-q", "-r", script], capture_output=True, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    if ran.stderr.strip():
        raise SystemExit(ran.stderr.decode())
    return ran.stdout.decode().split(MARK)[:-1]


def attribute(element, path, name):
    found = element.find(path)
    return "" if found is None else found.get(name, "")


def bandwidth(element):
    """[average, peak, burst, floor] by direction, None for no limit."""
    limits = {}
    for direction in FIELDS:
        found = element.find(f"bandwidth/{direction}")
        numbers = [int(found.get(name, "0")) for name in ("average", "peak", "burst", "floor")] if found is not None else [0]
        limits[direction] = numbers if any(numbers) else None
    return limits


def cards(domain):
    return [
        {
            "mac": attribute(nic, "mac", "address"),
            "type": nic.get("type"),
            "network": attribute(nic, "source", "network"),
            "portgroup": attribute(nic, "source", "portgroup"),
            "bridge": attribute(nic, "source", "bridge"),
            "dev": attribute(nic, "source", "dev"),
            "virtualport": attribute(nic, "virtualport", "type"),
            "target": attribute(nic, "target", "dev"),
            "model": attribute(nic, "model", "type"),
            "alias": attribute(nic, "alias", "name"),
            "limits": bandwidth(nic),
        }
        for nic in domain.findall("devices/interface")
    ]


def nova(domain):
    for space in NOVA:
        instance = domain.find(f"metadata/{space}instance")
        if instance is None:
            continue
        owner = lambda who: instance.find(f"{space}owner/{space}{who}")
        party = lambda who: None if owner(who) is None else {"name": owner(who).text or "", "uuid": owner(who).get("uuid", "")}
        return {
            "name": instance.findtext(f"{space}name", ""),
            "flavor": attribute(instance, f"{space}flavor", "name"),
            "project": party("project"),
            "user": party("user"),
        }
    return None


def tuned(output):
    """What domiftune prints, as `bandwidth` gives it."""
    values = dict(line.replace(" ", "").split(":") for line in output.split("\n") if ":" in line)
    limits = {}
    for direction, fields in FIELDS.items():
        numbers = [int(values[f"{direction}.{field}"]) for field in fields]
        numbers += [0] * (4 - len(numbers))
        limits[direction] = numbers if any(numbers) else None
    return limits


def networks(texts):
    found = {}
    for text in texts:
        network = tree.fromstring(text.strip())
        mode = attribute(network, "forward", "mode") if network.find("forward") is not None else "none"
        found[network.findtext("name")] = {
            "mode": mode,
            "virtualport": attribute(network, "virtualport", "type"),
            "guarantees": network.find("bandwidth/inbound") is not None,
            "portgroups": {
                group.get("name"): {"default": group.get("default") == "yes", "limits": bandwidth(group)}
                for group in network.findall("portgroup")
            },
        }
    return found


def main():
    uuids, names = (text.split() for text in virsh(["list --all --uuid", "net-list --all --name"]))
    asked = [(command, uuid) for uuid in uuids for command in ("dominfo", "dumpxml", "dumpxml --inactive")]
    texts = virsh([f"{command} {uuid}" for command, uuid in asked] + [f"net-dumpxml {name}" for name in names])
    described = texts[len(asked) :]
    domains, nics = [], []
    for index, uuid in enumerate(uuids):
        info, live, config = texts[3 * index : 3 * index + 3]
        said = {key: value.strip() for key, value in (line.split(":", 1) for line in info.split("\n") if ":" in line)}
        state, persistent = said["State"].replace(" ", ""), said["Persistent"] == "yes"
        now, later = tree.fromstring(live.strip()), tree.fromstring(config.strip())
        domain = {
            "uuid": uuid,
            "name": now.findtext("name"),
            "title": now.findtext("title", ""),
            "state": state,
            "persistent": persistent,
            "saved": said["Managed save"] == "yes",
            "nova": nova(now),
            "live": cards(now) if state != "shutoff" else None,
            "config": cards(later) if persistent else None,
        }
        domains.append(domain)
        for side in ("live", "config"):
            for place, nic in enumerate(domain[side] or []):
                # Of NICs with one MAC, domiftune shows the first.
                if all(nic["mac"] != other["mac"] for other in domain[side][:place]):
                    nics.append((uuid, side, nic))
                else:
                    nic["tuned"] = nic["limits"]
    for (*_, nic), output in zip(nics, virsh([f"domiftune {uuid} {nic['mac']} --{side}" for uuid, side, nic in nics])):
        nic["tuned"] = tuned(output)
    domains.sort(key=lambda each: each["uuid"])
    print(json.dumps({"domains": domains, "networks": networks(described)}))


main()
