"""Runs Ansible's own code over many inventories and patterns in one process, since each start of it costs a second.

Standard input: {"ordered": bool, "cases": [{"sources": [...], "patterns": [[pattern, limit or null], ...],
"vault": path or null, "values": bool}, ...]}. Standard output: a list, one result a case: {"list", "graph",
"patterns": [{"hosts", "ignored", "error"}]} or {"error"}.

Nothing of Ansible is changed but one thing, and only with "ordered": groups of one level are kept in the order in which
they were added. Ansible itself keeps them in sets of objects, whose order is that of their addresses in memory, so that
the order of hosts below several nested groups differs from run to run.
"""

import json
import os
import sys

import ansible.inventory.group as group_module
from ansible import constants as C
from ansible.cli.inventory import InventoryCLI
from ansible.errors import AnsibleError
from ansible.plugins.vars import host_group_vars
from ansible.utils.context_objects import GlobalCLIArgs
from ansible.utils.display import Display


class OrderedSet(dict):
    """What Ansible's groups ask of a set, in the order of insertion."""

    def __init__(self, items=()):
        super().__init__((item, None) for item in items)

    def add(self, item):
        self.setdefault(item)

    def update(self, items):
        for item in items:
            self.setdefault(item)

    def difference_update(self, items):
        for item in list(items):
            self.pop(item, None)

    def remove(self, item):
        del self[item]

    def copy(self):
        return OrderedSet(self)


warnings = []


def record(self, msg, *args, **kwargs):
    warnings.append(str(msg))


Display.warning = record
Display.error = record
Display.deprecated = lambda *args, **kwargs: None
IGNORED = "Could not match supplied host pattern, ignoring: "


def select(inventory, pattern, limit):
    warnings.clear()
    result = {"hosts": [], "ignored": [], "error": None}
    try:
        inventory.clear_pattern_cache()
        inventory._hosts_patterns_cache = {}
        result["hosts"] = [getattr(h, "name", h) for h in InventoryCLI.get_host_list(inventory, limit, pattern)]
    except AnsibleError as error:
        if "no hosts to target" not in str(error):
            result["error"] = str(error)
    except Exception as error:  # Ansible's own mistakes, such as for a pattern "!"
        result["error"] = "%s: %s" % (type(error).__name__, error)
    finally:
        inventory.subset(None)
    result["ignored"] = [w[len(IGNORED):] for w in warnings if w.startswith(IGNORED)]
    return result


def run(case):
    host_group_vars.FOUND.clear()
    warnings.clear()
    args = ["ansible-inventory", "--list"]
    for source in case["sources"]:
        args += ["-i", source]
    if case.get("vault"):
        args += ["--vault-password-file", case["vault"]]
    GlobalCLIArgs._Singleton__instance = None  # as Ansible's own tests do it
    cli = InventoryCLI(args)
    cli.parse()
    cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
    failed = [w for w in warnings if "Failed to parse" in w or "Unable to parse" in w]
    result = {"failed": failed, "warnings": list(warnings), "order": [h for h in cli.inventory.hosts]}
    if case.get("values", True):
        top = cli._get_group("all")
        result["list"] = json.loads(cli.dump(cli.json_inventory(top)))
        result["graph"] = cli.inventory_graph()
    result["patterns"] = [select(cli.inventory, pattern, limit) for pattern, limit in case["patterns"]]
    return result


def main():
    job = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what plugins print is not the answer
    if job["ordered"]:
        group_module.set = OrderedSet
    C.config  # loaded before anything is measured
    results = []
    for case in job["cases"]:
        try:
            results.append(run(case))
        except Exception as error:
            results.append({"error": "%s: %s" % (type(error).__name__, error)})
    json.dump(results, out)
    out.close()


main()
