"""What the real Ansible says about tags, batches and conditions: JSON on standard input and output."""
import json
import sys
from types import SimpleNamespace

from ansible.executor.playbook_executor import PlaybookExecutor
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.playbook.taggable import Taggable
from ansible.template import Templar

given = json.load(sys.stdin)
loader = DataLoader()


def runs(tags, only, skip):
    item = Taggable()
    item._loader = loader
    item.tags = tags
    return bool(item.evaluate_tags(only or ["all"], skip, {}))


def batches(hosts, serial):
    executor = SimpleNamespace(_inventory=SimpleNamespace(get_hosts=lambda pattern, order=None: list(hosts)))
    play = SimpleNamespace(hosts="all", order=None, serial=serial)
    return PlaybookExecutor._get_serialized_batches(executor, play)


def holds(when, variables):
    conditional = Conditional(loader=loader)
    conditional.when = when if isinstance(when, list) else [when]
    try:
        return bool(conditional.evaluate_conditional(Templar(loader=loader, variables=variables), variables))
    except Exception:
        return "error"


json.dump(
    {
        "tags": [runs(*case) for case in given["tags"]],
        "serial": [batches(list(range(count)), serial) for count, serial in given["serial"]],
        "when": [holds(when, given["variables"]) for when in given["when"]],
    },
    sys.stdout,
)
