"""It stays open until somebody says that it is known, and who told it, and what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.canonical.actor import Principal
from gateway.errors import Rejected
from gateway.feed.critical import CriticalValues, load_rules
from gateway.feed.governors import Governors
from gateway.store import open_store
from gateway.validation import Validator
from tests.feed.critical.ward import HEAD, Ward, potassium


def test_it_stays_open_until_somebody_says_so(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    done = ward.acknowledge(task["id"], "Practitioner/d1", "已复述，予葡萄糖酸钙")
    assert (done["status"], done["businessStatus"]["coding"][0]["code"]) == ("completed", "acknowledged")
    assert done["note"][0]["authorReference"] == {"reference": "Practitioner/d1"}
    (notice,) = ward.all("Communication")
    assert (notice["status"], notice["note"][0]["text"]) == ("completed", "已复述，予葡萄糖酸钙")
    assert ward.acknowledge(task["id"], "another") == ward.tasks(every=True)[0], "the first one counts"
    assert ward.tasks() == []


def test_what_is_no_critical_value_cannot_be_acknowledged(ward: Ward) -> None:
    for id_ in ("none", "d1"):
        with pytest.raises(Rejected, match="no such critical value"):
            ward.acknowledge(id_)
    ward.write(potassium("6.8"))
    with pytest.raises(Rejected, match="who has taken note"):
        ward.acknowledge(ward.tasks()[0]["id"], " ")


def test_who_told_whom_what_was_read_back_and_what_is_done(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    said = {"reported_by": "检验科 王敏", "read_back": "血钾 6.8", "treatment": "葡萄糖酸钙"}
    done = ward.acknowledge(task["id"], "Practitioner/d1", **said)
    told = {one["type"]["text"]: one.get("valueString") or one["valueReference"] for one in done["output"]}
    assert told == {
        "acknowledged-by": {"reference": "Practitioner/d1"},
        "reported-by": {"display": "检验科 王敏"},
        "read-back": "血钾 6.8",
        "treatment": "葡萄糖酸钙",
    }
    assert done["note"][-1]["text"] == "复述：血钾 6.8；处置：葡萄糖酸钙"
    (notice,) = ward.all("Communication")
    assert (notice["sender"], notice["received"]) == ({"display": "检验科 王敏"}, done["lastModified"])
    assert [str(one) for one in Validator().check(notice) if one.severity == "error"] == []


def test_what_is_done_may_be_told_later_once(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.acknowledge(task["id"], "周医生", treatment="透析")
    done = ward.acknowledge(task["id"], "别人", treatment="不同")
    assert [one["text"] for one in done["note"]] == ["已确认", "处置：透析"]
    assert done["businessStatus"]["coding"][0]["code"] == "acknowledged"


def test_the_hospital_may_want_a_read_back(url: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    limit = "{test: 血钾, codes: [2823-3], limits: [{unit: mmol/L, at_least: 6}]}"
    file.write_text(HEAD.replace("tests: ", f"required: [read-back]\ntests: [{limit}]"), "utf-8")
    store = open_store(url)
    store.govern(Governors(CriticalValues(load_rules(file))))
    ward = Ward(store)
    ward.write({"resourceType": "Patient", "id": "adult"}, {**potassium("6.8"), "basedOn": []})
    (task,) = ward.tasks()
    with pytest.raises(Rejected, match="want this"):
        ward.acknowledge(task["id"])
    assert ward.acknowledge(task["id"], read_back="6.8")["status"] == "completed"
    store.close()


def test_nothing_of_what_is_said_is_cut_off(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    with pytest.raises(Rejected, match="500 characters"):
        ward.acknowledge(task["id"], read_back="6" * 501)
    assert ward.tasks() == [task]
    ward.acknowledge(task["id"], read_back="6" * 500)
    assert ward.tasks() == []


BOUND = Principal("ward-3", "Practitioner/d1", "bound")


def test_whom_the_client_acts_for_takes_note_where_nobody_is_named(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    done = ward.acknowledge(task["id"], "", principal=BOUND)
    assert done["note"][-1]["authorReference"] == {"reference": "Practitioner/d1"}
    assert done["output"][-1] == {"type": {"text": "client"}, "valueString": "ward-3"}


def test_a_client_of_one_person_takes_note_for_no_other_one(ward: Ward) -> None:
    ward.write({"resourceType": "Practitioner", "id": "d2"}, potassium("6.8"))
    ward.write({"resourceType": "PractitionerRole", "id": "r2",
                "practitioner": {"reference": "Practitioner/d2"}})  # fmt: skip
    (task,) = ward.tasks()
    for by in ("Practitioner/d2", "PractitionerRole/r2"):
        with pytest.raises(Rejected, match="another person"):
            ward.acknowledge(task["id"], by, principal=BOUND)
    assert ward.acknowledge(task["id"], "Practitioner/d1", principal=BOUND)["status"] == "completed"


def test_who_tells_later_what_is_done_is_written_down_too(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    ward.acknowledge(task["id"], principal=Principal("ward-3"))
    done = ward.acknowledge(task["id"], "周医生", treatment="透析", principal=Principal("clinic"))
    told = {one["type"]["text"]: one.get("valueString") for one in done["output"]}
    assert (told["client"], told["treatment-client"]) == ("ward-3", "clinic")
