"""Functions: the closed table of ``as`` in rows that lead out: a FHIR value → the text that leaves."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.mapping.outbound.directions import directions
from gateway.mapping.outbound.moments import age_unit, age_value, day, days, digits, second, written
from gateway.mapping.outbound.registers import (
    authority,
    credit_code,
    document_id,
    kind,
    number,
    oid,
    system,
    universal,
    universal_type,
)
from gateway.mapping.outbound.shown import conclusion, remarked, shown, stated
from gateway.mapping.outbound.timing import (
    course,
    frequency,
    in_days,
    irregular,
    rate_unit,
    rate_value,
    rhythm,
    times,
    unspeakable,
)
from gateway.mapping.outbound.tongue import Function
from gateway.mapping.outbound.words import (
    amount,
    code,
    diagnosis,
    interval,
    label,
    name,
    text,
    uneven,
    unit,
    whole,
    whole_name,
    yes_no,
)

FUNCTIONS: Mapping[str, Function] = {
    one.__name__: one
    for one in (
        *(
            age_unit,
            age_value,
            amount,
            authority,
            code,
            conclusion,
            course,
            credit_code,
            day,
            days,
            diagnosis,
        ),
        *(
            digits,
            directions,
            document_id,
            frequency,
            in_days,
            interval,
            irregular,
            kind,
            label,
            name,
            number,
            oid,
        ),
        *(rate_unit, rate_value, remarked, rhythm, second, shown, stated, system, text, times, unit),
        *(uneven, universal, universal_type, unspeakable, whole, whole_name, written, yes_no),
    )
}
"""Name → function."""
