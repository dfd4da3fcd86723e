"""Evaluates templates with the real Ansible: JSON on standard input and output."""
import json
import os
import sys

os.environ["ANSIBLE_JINJA2_NATIVE"] = "0"
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

given = json.load(sys.stdin)
templar = Templar(loader=DataLoader(), variables=given["variables"])


def evaluate(template):
    try:
        return {"value": templar.template(template)}
    except Exception as error:
        return {"error": str(error)[:200]}


json.dump(
    {
        # Within a list a value keeps its type; alone it would become a text.
        "expressions": [evaluate("{{ [" + text + "] }}") for text in given["expressions"]],
        "texts": [evaluate(text) for text in given["texts"]],
    },
    sys.stdout,
)
