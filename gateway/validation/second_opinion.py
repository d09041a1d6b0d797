"""Second opinion: the R4B models of fhir.resources look at every draft and report what they reject.

R4B differs from R4 (4.0.1) in none of the types that the maps make today. The models know neither invariants
nor most bindings, and cost three times what the mapping costs: a help for whoever connects a system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from gateway.canonical import Draft, Issue
from gateway.canonical.json import dumps

MOST = 20
"""Remarks on one message; the first ones say what is wrong."""


def second_opinion(drafts: Sequence[Draft]) -> list[Issue]:
    """Return a warning for each element that the models reject: its place and the kind of fault, no value."""
    return [issue for draft in drafts for issue in _remarks(draft)][:MOST]


def _remarks(draft: Draft) -> Iterator[Issue]:
    try:
        get_fhir_model_class(draft.type).model_validate_json(dumps(draft.body))
    except ValidationError as error:
        # Not its text: pydantic repeats the value that stood there.
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            place = ".".join([draft.type, *(str(part) for part in fault["loc"])])
            yield _issue(place, fault["type"])
    except KeyError:
        yield _issue(draft.type, "unknown-type")


def _issue(place: str, kind: str) -> Issue:
    return Issue(
        "warning",
        "structure",
        place,
        "fhir.resources/R4B",
        f"{place} is not valid ({kind}); mend the map that writes it",
        f"{place} 不符合 FHIR 结构（{kind}），请修正相应映射",
    )
