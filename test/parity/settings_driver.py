"""What Ansible's own code makes of ansible.cfg files and environments.

Standard input: [{"file": path, "env": {name: value}}, ...], or with "cwd" in place of "file". Standard output: a list,
one result a case: {"values": {setting: value}, "plugins": {setting: value}} of what is not the default, where "cwd" is
the working folder {"found": path or null, "passedOver": bool}, or {"error"}.
"""

import json
import os
import sys

import yaml
from ansible.config.manager import ConfigManager, find_ini_config_file
from ansible.plugins.become import sudo
from ansible.plugins.connection import ssh

before = dict(os.environ)


def of(manager, names, **plugin):
    found = {}
    for name in names:
        value, origin = manager.get_config_value_and_origin(name, **plugin)
        if origin != "default":
            found[name] = value
    return found


def found(case):
    """Which file counts in a working folder, and whether one was passed over."""
    warnings = set()
    if "ANSIBLE_CONFIG" not in case["env"]:
        os.environ.pop("ANSIBLE_CONFIG", None)
    os.chdir(case["cwd"])
    return {"found": find_ini_config_file(warnings), "passedOver": len(warnings) > 0}


def answer(case):
    os.environ.clear()
    os.environ.update(before)
    os.environ.update(case["env"])
    try:
        if "cwd" in case:
            return found(case)
        manager = ConfigManager(conf_file=case["file"])
        defs = manager.get_configuration_definitions()
        values = of(manager, [n for n in defs if defs[n].get("env") or defs[n].get("ini")])
        plugins = {}
        for kind, module, name in (("connection", ssh, "ssh"), ("become", sudo, "sudo")):
            options = yaml.safe_load(module.DOCUMENTATION)["options"]
            manager.initialize_plugin_configuration_definitions(kind, name, options)
            plugins.update(of(manager, options, plugin_type=kind, plugin_name=name))
        return {"values": values, "plugins": plugins}
    except Exception as error:
        return {"error": str(error)}


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
