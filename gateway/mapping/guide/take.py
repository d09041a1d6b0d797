"""Take over the official CSV files of the HL7 v2-to-FHIR guide under short names.

``python -m gateway.mapping.guide.take SOURCE mappings/hl7v2/guide`` turns
``segments/HL7 Segment - FHIR R4_ PV1[Encounter] - PV1.csv`` into ``segments/PV1[Encounter].csv``; the cells
stay as they are, columns that are empty in the whole file go.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from gateway.mapping.guide.read import KINDS


def short_name(file: str) -> str:
    """Return the map name in an official file name."""
    return file.split("_ ", 1)[1].split(" - ", 1)[0].strip()


def take(source: Path, target: Path) -> int:
    """Copy all files of the guide below ``source`` to ``target``; return how many there were."""
    count = 0
    for kind in KINDS:
        (target / kind).mkdir(parents=True, exist_ok=True)
        for path in sorted((source / kind).glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as handle:
                rows = list(csv.reader(handle))
            width = max((at + 1 for row in rows for at, cell in enumerate(row) if cell.strip()), default=0)
            copy = target / kind / (short_name(path.name) + ".csv")
            with copy.open("w", encoding="utf-8", newline="") as handle:
                csv.writer(handle, lineterminator="\n").writerows(row[:width] for row in rows)
            count += 1
    return count


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
