"""Tongue: what a function may ask of who is being spoken to, and what a function is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gateway.mapping.outbound.backwards import Backwards


class Tongue(Protocol):
    """The words of a receiver, while something is said to it.

    Attributes:
        zone: in which its times stand, ``"+08:00"``.
        kinds: URI of a register of numbers → what it calls that kind (``MR``).
        register: URI of the register whose numbers of patients are told, ``""``: any.
        namespaces: URI → its own name of an authority or code system.
        coding_systems: URI of a code system → its name in v2-0396.
        facts: what rows may name with ``$``.
        labels: tables of the shapes, for ``label``.
    """

    @property
    def zone(self) -> str: ...
    @property
    def kinds(self) -> Mapping[str, str]: ...
    @property
    def register(self) -> str: ...
    @property
    def namespaces(self) -> Mapping[str, str]: ...
    @property
    def coding_systems(self) -> Mapping[str, str]: ...
    @property
    def facts(self) -> Mapping[str, str]: ...
    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]: ...

    def table(self, name: str) -> Backwards:
        """Return a code table read backwards. Raises ``Misconfigured``: there is none."""


Function = Callable[[Any, Tongue, Any], str | None]
"""A FHIR value and the ``arg`` of its row → the text that leaves, None for nothing."""
