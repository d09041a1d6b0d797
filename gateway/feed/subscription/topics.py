"""Topics: what happens to which resources is an event; data files, dropped into a folder (Backport 1.1.0).

SubscriptionTopic is no type of R4. A topic is a YAML file with the elements of R5 that are used here::

    url: urn:qiao:topic:lab-report-final
    version: "1.0.0"
    title: A laboratory report is final
    title_zh: 检验报告已终审
    description: …
    triggers:
      - resource: DiagnosticReport        # a type, several, or `all`
        interactions: [create, update]    # also delete
        previous: status:not=final        # what the version before must fulfil; a new resource always does
        current: status=final             # what the new version must fulfil; a deleted one always does
    filters: [patient, code]              # search parameters that a subscription may narrow by; none: any

Where ``{type}`` stands in ``url`` and ``title``, each type of the one trigger gets a topic of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import yaml

from gateway.errors import Misconfigured, Rejected
from gateway.feed.subscription.criteria import Test, compiled
from gateway.store.types import NUMBER, TYPES

Interaction = Literal["create", "update", "delete"]

UNWATCHED = frozenset({"Subscription"})
"""Deliveries change them: who subscribed to them would be told of being told. And they hold credentials."""

_INTERACTIONS: tuple[Interaction, ...] = ("create", "update", "delete")
_KEYS = frozenset(("url", "version", "title", "title_zh", "description", "triggers", "filters"))
_TRIGGER_KEYS = frozenset(("resource", "interactions", "previous", "current"))


@dataclass(frozen=True, slots=True)
class Trigger:
    """One kind of event.

    Attributes:
        type: of the resource that changes.
        on: interactions that can be an event.
        previous: what the version before must fulfil, in words; ``""`` for nothing.
        current: what the new version must fulfil.
        tests: the two, compiled.
    """

    type: str
    on: frozenset[Interaction]
    previous: str
    current: str
    tests: tuple[Test | None, Test | None]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; ``filters`` are the search parameters that may narrow it, empty for any."""

    url: str
    version: str
    title: str
    title_zh: str
    description: str
    triggers: tuple[Trigger, ...]
    filters: frozenset[str]

    @property
    def types(self) -> frozenset[str]:
        """The types whose changes can be events."""
        return frozenset(trigger.type for trigger in self.triggers)


def load_topics(folder: Path | None = None, zone: str = "+08:00") -> dict[str, Topic]:
    """Return the topics that qiao ships and those of ``folder``, by URL; the folder's win.

    Raises:
        Misconfigured: a file is no topic; names file and key.
    """
    found: dict[str, Topic] = {}
    for root in (files("mappings").joinpath("topics"), folder):
        for path in _yaml(root):
            for topic in _topics(_read(path), path.name, zone):
                found[topic.url] = topic
    return found


def _yaml(root: Traversable | None) -> list[Traversable]:
    if root is None:
        return []
    if not root.is_dir():
        raise Misconfigured("no such file or folder", where=f"[subscriptions] topics = {str(root)!r}")
    return sorted((one for one in root.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)


def _read(path: Traversable) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"is not YAML: {type(error).__name__}", where=path.name) from None
    if not isinstance(data, dict):
        raise Misconfigured("must be a table of keys", where=path.name)
    return data


def _topics(data: Mapping[str, Any], where: str, zone: str) -> Iterator[Topic]:
    _known(data, _KEYS, where)
    for key in ("url", "title", "triggers"):
        if not data.get(key):
            raise Misconfigured(f"needs {key}", where=where)
    triggers = data["triggers"]
    if not isinstance(triggers, list) or not all(isinstance(one, dict) for one in triggers):
        raise Misconfigured("triggers must be a list of tables", where=where)
    made = [trigger for one in triggers for trigger in _triggers(one, where, zone)]
    if "{type}" in data["url"]:
        for trigger in made:
            yield _topic(data, [trigger], trigger.type)
    else:
        yield _topic(data, made, "")


def _topic(data: Mapping[str, Any], triggers: Iterable[Trigger], type_: str) -> Topic:
    def text(key: str) -> str:
        return str(data.get(key) or "").replace("{type}", type_).strip()

    return Topic(
        text("url"), text("version"), text("title"), text("title_zh"), text("description"),
        tuple(triggers), frozenset(data.get("filters") or ()),
    )  # fmt: skip


def _triggers(data: Mapping[str, Any], where: str, zone: str) -> Iterator[Trigger]:
    _known(data, _TRIGGER_KEYS, f"{where} triggers")
    given = data.get("resource")
    types = [one for one in TYPES if one not in UNWATCHED] if given == "all" else _listed(given)
    interactions = _listed(data.get("interactions") or ["create", "update"])
    if not types or any(one not in NUMBER or one in UNWATCHED for one in types):
        raise Misconfigured("resource must be types of R4, or all", where=f"{where} triggers")
    if any(one not in _INTERACTIONS for one in interactions):
        raise Misconfigured(
            f"interactions must be some of {', '.join(_INTERACTIONS)}", where=f"{where} triggers"
        )
    on = frozenset(one for one in _INTERACTIONS if one in interactions)
    previous, current = str(data.get("previous") or ""), str(data.get("current") or "")
    for type_ in types:
        try:
            tests = (_test(type_, previous, zone), _test(type_, current, zone))
        except Rejected as error:
            raise Misconfigured(f"{type_}: {error}", where=f"{where} triggers") from None
        yield Trigger(type_, on, previous, current, tests)


def _test(type_: str, text: str, zone: str) -> Test | None:
    return compiled(type_, text, zone) if text else None


def _listed(given: object) -> list[str]:
    return (
        [given] if isinstance(given, str) else [str(one) for one in given] if isinstance(given, list) else []
    )


def _known(data: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = sorted(str(key) for key in data if key not in keys)
    if unknown:
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(keys))}", where=where)
