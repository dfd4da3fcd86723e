"""
What a set of rules makes of hosts, written from the design alone: standard input has
{"hosts": {name: {"look": what look.py printed, "rules": [...], "unmatched": "leave" | "unlimited"}}, "rewrite": bool},
standard output {"hosts": {name: [one entry for each NIC that is to be in the report]}, "matched": names of rules}.
Limits are [average, peak, burst, floor] in libvirt's units, null for none.
"""

import json
import sys
from fnmatch import fnmatchcase

SIDES = ("live", "config")
DIRECTIONS = ("inbound", "outbound")


def pair(domain):
    """Each NIC once: what is running beside what the next start will have, by MAC, the first with the first."""
    found, left = [], list(domain["config"] or [])
    for position, nic in enumerate(domain["live"] or [], 1):
        twin = next((other for other in left if other["mac"] == nic["mac"]), None)
        if twin is not None:
            left.remove(twin)
        found.append({"mac": nic["mac"], "position": position, "live": nic, "config": twin})
    running = len(domain["live"] or [])
    for nic in left:
        # By identity: two may be described alike.
        place = next(at for at, other in enumerate(domain["config"], 1) if other is nic)
        found.append({"mac": nic["mac"], "position": place if place > running else None, "live": None, "config": nic})
    for index, nic in enumerate(found):
        # libvirt finds NICs by MAC, the first where several share one; which it is must be the same in both states.
        numbers = {sum(other["mac"] == nic["mac"] for other in domain[side]) for side in SIDES if domain[side] is not None}
        nic["unclear"] = max(numbers) > 1 and len(numbers) > 1
        nic["before_me"] = sum(other["mac"] == nic["mac"] for other in found[:index])
    return found


def names_domain(words, domain):
    def hits(word):
        return word == domain["name"] or word.lower() == domain["uuid"] or fnmatchcase(domain["name"], word)

    named = [word for word in words if not word.startswith("!")]
    return (not named or any(map(hits, named))) and not any(hits(word[1:]) for word in words if word.startswith("!"))


def fits(match, domain):
    for key, value in match.items():
        if key == "state":
            states = [value] if isinstance(value, str) else value
            if domain["state"] not in [state.replace(" ", "") for state in states]:
                return False
        elif key == "persistent":
            if domain["persistent"] is not value:
                return False
        elif key == "title":
            if not fnmatchcase(domain["title"], value):
                return False
        elif key == "nova":
            if domain["nova"] is None or not all(nova_fits(domain["nova"][part], glob) for part, glob in value.items()):
                return False
        else:
            raise ValueError(key)
    return True


def nova_fits(has, glob):
    if has is None:
        return fnmatchcase("", glob)
    if isinstance(has, str):
        return fnmatchcase(has, glob)
    return fnmatchcase(has["name"], glob) or has["uuid"] == glob


def names_nic(nic, card):
    if nic == "all":
        return True
    if isinstance(nic, int):
        return card["position"] == nic
    if isinstance(nic, list):
        return card["position"] in nic
    descriptions = [card[side] for side in SIDES if card[side] is not None]
    return all(
        card["mac"] == value.lower() and (card["unclear"] or not card["before_me"])
        if key == "mac"
        else any(each[key] == value for each in descriptions)
        for key, value in nic.items()
    )


def portgroup_limits(card, networks):
    nic = card["config"] or card["live"]
    network = networks.get(nic["network"])
    if network is None:
        return None
    for name, group in network["portgroups"].items():
        if name == nic["portgroup"] or (nic["portgroup"] == "" and group["default"]):
            return group["limits"] if any(group["limits"].values()) else None
    return None


def has_now(card, networks):
    """What is in force by side; the next start takes a portgroup's limits for a NIC with none of its own."""
    has = {side: None if card[side] is None else card[side]["limits"] for side in SIDES}
    inherited = portgroup_limits(card, networks)
    if has["config"] is not None and not any(has["config"].values()) and inherited is not None:
        has["config"] = inherited
    return has, inherited


def kind(card, networks):
    """Type of the NIC, and whether it is a port of Open vSwitch."""
    nic = card["live"] or card["config"]
    network = networks.get(nic["network"])
    if nic["type"] == "network" and card["live"] is None and network is not None:
        bridged = network["mode"] == "bridge"
        return "bridge" if bridged else "network", bridged and network["virtualport"] == "openvswitch"
    return nic["type"], nic["type"] == "bridge" and nic["virtualport"] == "openvswitch"


def desired_by(rules, unmatched):
    if not rules:
        return {side: {direction: None for direction in DIRECTIONS} for side in SIDES}
    desired = {side: {} for side in SIDES}
    for rule in rules:
        for side in SIDES:
            if rule["apply_to"] in ("both", side):
                desired[side].update(rule["limits"])
    return desired


def judge(card, desired, networks, doubtful, rewrite):
    """Which outcomes are right, and what the NIC has then."""
    type_, ovs = kind(card, networks)
    has, inherited = has_now(card, networks)
    if ovs:
        for limits in desired.values():
            limit = limits.get("inbound")
            if limit and limit[0] and not limit[1]:
                limits["inbound"] = [limit[0], limit[0], *limit[2:]]
    becomes = {side: None if has[side] is None else {**has[side], **desired[side]} for side in SIDES}
    differing = [side for side in SIDES if becomes[side] != has[side]]
    limitable = type_ in ("bridge", "network", "direct", "ethernet")
    if rewrite and limitable and has["live"] is not None and desired["live"] and "live" not in differing:
        differing.insert(0, "live")

    def stays(*outcomes):
        return {"outcomes": outcomes, "has": has, "becomes": has, "desired": desired, "differing": []}

    if not any(has[side] is not None and desired[side] for side in SIDES):
        return stays("notRunning") if has["live"] is None else stays("unsupported")
    if not limitable:
        limiting = any(limit for side in SIDES for limit in desired[side].values())
        if limiting or differing:
            return stays("unsupported")
    if not differing:
        return stays("inSync")
    if card["before_me"] or card["unclear"] or doubtful:
        return stays("ambiguous")
    if any((desired[side].get("inbound") or [0] * 4)[3] for side in differing):
        network = networks.get((card["config"] or card["live"])["network"])
        if type_ != "network" or not network["guarantees"] or has["live"] is None:
            return stays("refused")
    if "config" in differing and inherited is not None and not any(becomes["config"].values()):
        return stays("unsupported")
    return {"outcomes": ["changed"], "has": has, "becomes": becomes, "desired": desired, "differing": differing}


def named_by(rule, look):
    return [
        (domain["uuid"], index)
        for domain in look["domains"]
        if names_domain(rule["domain"], domain) and fits(rule["match"], domain)
        for index, card in enumerate(pair(domain))
        if names_nic(rule["nic"], card)
    ]


def verdicts(look, rules, unmatched, rewrite):
    named = [named_by(rule, look) for rule in rules]
    # A rule for one MAC is for one NIC: with two on a host, it does not say which.
    doubtful = {
        card for rule, cards in zip(rules, named) if "mac" in (rule["nic"] if isinstance(rule["nic"], dict) else ()) and len(cards) > 1 for card in cards
    }
    for domain in look["domains"]:
        for index, card in enumerate(pair(domain)):
            key = (domain["uuid"], index)
            hits = [rule for rule, cards in zip(rules, named) if key in cards]
            if not hits and unmatched == "leave":
                continue
            verdict = judge(card, desired_by(hits, unmatched), look["networks"], key in doubtful, rewrite)
            verdict.update(uuid=domain["uuid"], domain=domain["name"], mac=card["mac"], nth=card["before_me"], position=card["position"])
            verdict.update(rules=[rule["name"] for rule in hits], type=kind(card, look["networks"])[0])
            yield verdict


def main():
    asked = json.load(sys.stdin)
    given, rewrite = asked["hosts"], asked["rewrite"]
    hosts = {name: list(verdicts(one["look"], one["rules"], one["unmatched"], rewrite)) for name, one in given.items()}
    matched = {rule["name"] for one in given.values() for rule in one["rules"] if named_by(rule, one["look"])}
    print(json.dumps({"hosts": hosts, "matched": sorted(matched)}))


main()
