"""A modality that speaks DICOM, where the target declares such a door."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.talk import kept
from conformance.harness.target import Door
from conformance.simulators.er7 import stamp
from conformance.suites.exchange import dicom
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.other_doors import declared, gone, on_file, yesterday
from conformance.suites.exchange.reading import identifiers


@check("CQ49-3.4b", zh="影像设备（DICOM）可以连接（C-ECHO）", en="a modality (DICOM) is answered (C-ECHO)")
def modality(run: Run) -> None:
    """Associate and verify."""
    door = declared(run, "dicom", "pacs")
    with _associated(run, door) as line:
        run.expect(line.echo() == 0, "C-ECHO 成功", "C-ECHO succeeds")


@check("CQ49-3.4b", zh="影像（DICOM）成为影像检查资料", en="an image (DICOM) becomes an ImagingStudy")
def stored(run: Run) -> None:
    """Store the header of one image twice; one study is found, with one instance."""
    door = declared(run, "dicom", "pacs")
    patient = on_file(run)
    study = f"2.25.{int.from_bytes(run.number.encode()) % 10**30}"
    told = dicom.image(
        str(pick(patient, "identifier.value")), "欧阳㛃", f"CT{run.number[:12]}", study, stamp(yesterday(run))
    )
    with _associated(run, door) as line:
        for _ in range(2):
            run.expect(line.store(*told) == 0, "C-STORE 成功", "C-STORE succeeds")
    query = f"ImagingStudy?patient=Patient/{patient['id']}"
    listed = run.until(lambda: run.client().get(query).entries, "影像检查可检索", "the study is found")
    here = [one for one in listed if any(study in value for value in identifiers(one))]
    run.expect(
        len(here) == 1, "有一个该 UID 的影像检查", "there is one ImagingStudy with the UID", counted(here)
    )
    run.expect(
        here[0].get("numberOfInstances", 1) == 1,
        "重发的影像不重复计数",
        "an image sent again is counted once",
    )


def _associated(run: Run, door: Door) -> dicom.Association:
    called, calling = door.options.get("called", "ANY-SCP"), door.options.get("calling", "CONFORMANCE")
    try:
        keep = kept(run, door, "dicom")
        return dicom.Association(door.host, door.port, called, calling, run.target.patience, keep)
    except OSError as error:
        raise gone(door, error) from None
