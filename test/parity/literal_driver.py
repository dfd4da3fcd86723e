"""What Python's ast.literal_eval makes of texts, as JSON would say it. Standard input: a list of texts. Standard output:
a list of {"value": ...}, {"kind": "text"} (an error that Ansible passes over, or what JSON has no counterpart for) or
{"kind": "problem"} (an error that it does not)."""

import ast
import json
import math
import sys
import warnings

warnings.simplefilter("ignore")


class NoCounterpart(Exception):
    pass


def plain(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        if math.isinf(value):
            raise NoCounterpart
        return 0 if value == 0 else value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if not all(key is None or isinstance(key, (str, int, float)) for key in value):
            raise NoCounterpart
        return {json.loads(json.dumps({key: 0}).replace(": 0}", "")[1:]): plain(item) for key, item in value.items()}
    raise NoCounterpart


def literal(text):
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"kind": "text"}
    except Exception:
        return {"kind": "problem"}
    try:
        return {"value": plain(value.decode() if isinstance(value, bytes) else value)}
    except (NoCounterpart, UnicodeDecodeError):
        return {"kind": "text"}


json.dump([literal(text) for text in json.load(sys.stdin)], sys.stdout)
