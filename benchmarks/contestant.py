"""One timed codec in a process of its own: ours in our environment, a peer in `.venv-bench`.

Protocol on stdin and stdout, one JSON value a line: it says `{"version": …, "made": …}` once it is warm; for
every number of seconds that it reads it runs that long and says `[messages, seconds]`.
Standard library only at the top: the peers' environment has no gateway.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import cycle
from typing import Any

from benchmarks.messages import MAPPED
from benchmarks.resources import RESOURCES

Codec = Callable[[bytes], Any]
INPUTS = MAPPED | RESOURCES
PLACES = (
    ("MSH", 9, 1), ("MSH", 9, 2), ("MSH", 10, 1), ("MSH", 12, 1), ("PID", 3, 1), ("PID", 3, 4), ("PID", 5, 1),
    ("PID", 5, 2), ("PID", 7, 1), ("PID", 8, 1), ("PID", 11, 1), ("PID", 11, 3), ("PV1", 2, 1), ("PV1", 3, 1),
    ("PV1", 7, 1), ("PV1", 19, 1),
)  # fmt: skip
"""What "parse + read 16 values" reads: segment, field, component."""


def _ours_parse() -> tuple[str, Codec]:
    from gateway.wire import er7

    return "qiao", er7.parse


def _ours_read() -> tuple[str, Codec]:
    from gateway.wire import er7

    paths = [f"{segment}-{field}.{component}" for segment, field, component in PLACES]

    def read(raw: bytes) -> list[str | None]:
        get = er7.parse(raw).get
        return [get(path) for path in paths]

    return "qiao", read


def _ours_map() -> tuple[str, Codec]:
    from gateway.canonical import Envelope, garbage, now_us
    from gateway.mapping import load_maps
    from gateway.wire import er7

    maps = load_maps()
    garbage.settle()  # as `qiao serve` and `qiao convert` do

    def convert(raw: bytes) -> list[dict[str, Any]]:
        message = er7.parse(raw)
        envelope = Envelope(
            "0" * 32, "default", "his/hl7v2", "", now_us(), "x-application/hl7-v2+er7", "", raw
        )
        translation = maps.translate(message, envelope, maps.profile("his/hl7v2", "", message))
        return [draft.body for draft in translation.drafts]

    return "qiao", convert


def _ours_validate() -> tuple[str, Codec]:
    from gateway.canonical.json import loads
    from gateway.validation import Validator

    check = Validator().check

    def validate(raw: bytes) -> bool:
        return not any(issue.severity == "error" for issue in check(loads(raw), best_practice=False))

    return "qiao", validate


def _models_validate() -> tuple[str, Codec]:
    from fhir.resources.R4B import get_fhir_model_class

    models = {name: get_fhir_model_class(name) for name in RESOURCES}

    def validate(raw: bytes) -> bool:
        name = json.loads(raw)["resourceType"]
        return models[name].model_validate_json(raw) is not None

    return "fhir.resources", validate


def _schema_validate() -> tuple[str, Codec]:
    from jsonschema_rs import validator_for

    # The schema is made of our definitions, in our environment: this one has no gateway.
    made = subprocess.run([sys.argv[3], "-c", SCHEMAS, *RESOURCES], check=True, capture_output=True).stdout
    validators = {name: validator_for(one) for name, one in json.loads(made).items()}

    def validate(raw: bytes) -> bool:
        resource = json.loads(raw)
        return bool(validators[resource["resourceType"]].is_valid(resource))

    return "jsonschema-rs", validate


SCHEMAS = (
    "import json, sys; from benchmarks.schema import schema; "
    "print(json.dumps({name: schema(name) for name in sys.argv[1:]}))"
)


def _hl7_parse() -> tuple[str, Codec]:
    import hl7

    return "hl7", lambda raw: hl7.parse(raw, "utf-8")


def _hl7_read() -> tuple[str, Codec]:
    import hl7

    def read(raw: bytes) -> list[str]:
        extract = hl7.parse(raw, "utf-8").extract_field
        return [extract(segment, 1, field, 1, component, 1) for segment, field, component in PLACES]

    return "hl7", read


def _hl7apy_parse() -> tuple[str, Codec]:
    from hl7apy.parser import parse_message

    return "hl7apy", lambda raw: parse_message(raw.decode())


def _hl7apy_flat() -> tuple[str, Codec]:
    from hl7apy.parser import parse_message

    return "hl7apy", lambda raw: parse_message(raw.decode(), find_groups=False)


def _bridge_parse() -> tuple[str, Codec]:
    from v2fhir.hl7.parser import parse_bytes

    return "hl7v2-fhir-bridge", parse_bytes


def _bridge_map() -> tuple[str, Codec]:
    from v2fhir.config import load_config
    from v2fhir.convert import convert
    from v2fhir.hl7.parser import parse_bytes

    config = load_config(None, {"default_timezone": "Asia/Shanghai", "mrn_authorities": ["CQRM"]})

    def run(raw: bytes) -> list[dict[str, Any]]:
        entries = convert(parse_bytes(raw), config).bundle["entry"]
        return [entry["resource"] for entry in entries]

    return "hl7v2-fhir-bridge", run


CONTESTANTS: dict[str, Callable[[], tuple[str, Codec]]] = {
    "qiao/parse": _ours_parse,
    "qiao/read": _ours_read,
    "qiao/map": _ours_map,
    "qiao/validate": _ours_validate,
    "models/validate": _models_validate,
    "schema/validate": _schema_validate,
    "hl7/parse": _hl7_parse,
    "hl7/read": _hl7_read,
    "hl7apy/parse": _hl7apy_parse,
    "hl7apy/flat": _hl7apy_flat,
    "bridge/parse": _bridge_parse,
    "bridge/map": _bridge_map,
}
"""Name → maker of the distribution's name and the function that is timed."""


def _leaves(node: object) -> int:
    if isinstance(node, dict):
        return sum(map(_leaves, node.values()))
    if isinstance(node, list):
        return sum(map(_leaves, node))
    return 1


def made(result: object) -> dict[str, int]:
    """Return how many resources and primitive elements a mapping made; empty for a parser."""
    if not isinstance(result, list) or not result or not isinstance(result[0], dict):
        return {}
    return {"resources": len(result), "elements": sum(map(_leaves, result))}


def run(codec: Codec, messages: list[bytes], seconds: float) -> tuple[int, float]:
    """Return how many messages ``codec`` did in about ``seconds``, and in how many exactly."""
    count, clock, supply = 0, time.perf_counter, cycle(messages)
    start = clock()
    while (spent := clock() - start) < seconds:
        for _ in range(8):
            codec(next(supply))
        count += 8
    return count, spent


def main() -> None:
    """Serve rounds until stdin closes."""
    name, kind = sys.argv[1:3]
    distribution, codec = CONTESTANTS[name]()
    messages = [INPUTS[kind](number) for number in range(512)]
    result = codec(messages[0])
    run(codec, messages, 0.3)
    print(json.dumps({"version": version(distribution), "made": made(result)}), flush=True)
    for line in sys.stdin:
        print(json.dumps(run(codec, messages, float(line))), flush=True)


if __name__ == "__main__":
    main()
