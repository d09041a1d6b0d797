"""Evidence files: masked, cut, and masked once more with what was learned later."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance.evidence.exchange import Book, Exchange, Message
from conformance.evidence.masking import Masker
from conformance.evidence.writer import LONGEST, EvidenceWriter, Unwritten

NAMED = json.dumps({"resourceType": "Patient", "name": [{"text": "张三丰"}]}).encode()


def book(*bodies: bytes, step: str = "", error: str = "") -> Book:
    made = Book()
    for body in bodies:
        request = Message(
            "POST http://u:p4ssword@h/Patient?name=x",
            {"Authorization": "Bearer t0k3n-value"},
            body,
            len(body),
        )
        answer = Message("201", {"content-type": "application/fhir+json"}, body, len(body))
        made.note(
            Exchange(step, "http", "2026-01-01T00:00:00Z", 0.1, request, None if error else answer, error)
        )
    return made


def read(folder: Path, name: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / f"{name}.json").read_bytes())
    return document


def test_who_is_written_in_another_form_is_masked_under_any_word(tmp_path: Path) -> None:
    said = {
        "resourceType": "Patient", "identifier": [{"system": "urn:card", "value": "KH-20260017"}],
        "name": [{"text": "阳光", "family": "阳", "given": ["光明"]}], "birthDate": "1990-03-07",
        "address": [{"text": "和平路七号院"}], "telecom": [{"system": "phone", "value": "13900001111"}],
    }  # fmt: skip
    own = {
        "name": "阳光",
        "ming": "光明",
        "no": "KH-20260017",
        "at": "19900307",
        "to": "和平路七号院",
        "call": 13900001111,
    }
    made = book(json.dumps(own, ensure_ascii=False).encode(), step="阳光 is told")
    made.about(json.dumps(said))
    EvidenceWriter(tmp_path, Masker()).write(1, "a.b", made)
    text = (tmp_path / "E0001.json").read_text("utf-8")
    assert not [one for one in map(str, own.values()) if one in text]


def test_an_exchange_is_written_masked(tmp_path: Path) -> None:
    ids = EvidenceWriter(tmp_path, Masker()).write(
        17, "serials.repeated", book(NAMED, NAMED, step="for 张三丰")
    )
    assert ids == ("E0017-1", "E0017-2")
    text = (tmp_path / "E0017.json").read_text()
    assert not any(one in text for one in ("三丰", "t0k3n", "p4ss"))
    document = json.loads(text)
    assert document["check"] == "serials.repeated"
    first = document["exchanges"][0]
    assert (first["n"], first["id"], first["protocol"]) == (1, "E0017-1", "http")
    assert first["request"]["method"] == "POST" and first["response"]["status"] == 201
    assert list(first) == ["n", "id", "step", "protocol", "at", "seconds", "request", "response", "error"]


def test_what_is_not_written_has_the_same_ids(tmp_path: Path) -> None:
    two = book(NAMED, NAMED)
    writer = Unwritten()
    assert writer.write(17, "a.b", two) == EvidenceWriter(tmp_path, Masker()).write(17, "a.b", two)
    assert writer.finish() == 0


def test_no_answer_and_no_exchange(tmp_path: Path) -> None:
    writer = EvidenceWriter(tmp_path / "evidence", Masker())
    assert writer.write(1, "a.b", Book()) == ()
    assert list((tmp_path / "evidence").iterdir()) == []
    writer.write(2, "a.c", book(NAMED, error="ReadTimeout: no answer about 张三丰"))
    text = (tmp_path / "evidence" / "E0002.json").read_text()
    assert json.loads(text)["exchanges"][0]["response"] is None and "三丰" not in text


def test_what_is_long_is_cut_with_its_size_and_hash(tmp_path: Path) -> None:
    long = "长" * LONGEST
    writer = EvidenceWriter(tmp_path, Masker())
    writer.write(1, "a.b", book(long.encode(), b"\x89PNG\x00\x01"))
    first, second = (
        one["request"] for one in json.loads((tmp_path / "E0001.json").read_bytes())["exchanges"]
    )
    assert len(first["body"].encode()) <= LONGEST and long.startswith(first["body"])
    sha256 = hashlib.sha256(long.encode()).hexdigest()
    assert first["whole"] == {"kind": "cut", "bytes": 3 * LONGEST, "sha256": sha256}
    assert second["body"] is None and second["length"] == 6
    assert second["whole"] == {
        "kind": "binary",
        "bytes": 6,
        "sha256": hashlib.sha256(b"\x89PNG\x00\x01").hexdigest(),
    }
    assert writer.finish() == 0, "what was said of the whole stays"


def test_what_is_learned_later_is_masked_in_the_end(tmp_path: Path) -> None:
    writer = EvidenceWriter(tmp_path, Masker())
    writer.write(1, "a.b", book("报告说张三丰已出院".encode(), base64_of("张三丰"), b"nothing"))
    writer.write(2, "a.c", book(NAMED))
    assert "三丰" in (tmp_path / "E0001.json").read_text()
    assert writer.finish() == 1
    assert "三丰" not in (tmp_path / "E0001.json").read_text() + (tmp_path / "E0002.json").read_text()
    assert "5byg5LiJ" not in (tmp_path / "E0001.json").read_text()
    assert writer.finish() == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["E0001.json", "E0002.json"]


def base64_of(text: str) -> bytes:
    return base64.b64encode(text.encode())


def test_checks_write_at_the_same_time(tmp_path: Path) -> None:
    writer = EvidenceWriter(tmp_path, Masker())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: writer.write(n, f"a.c{n}", book(NAMED, NAMED)), range(40)))
    marks = {one["request"]["body"] for n in range(40) for one in read(tmp_path, f"E{n:04d}")["exchanges"]}  # type: ignore[attr-defined]
    assert len(marks) == 1


def test_half_a_character_pair_can_be_stored(tmp_path: Path) -> None:
    EvidenceWriter(tmp_path, Masker()).write(
        1, "a.b", book(b'{"name":{"text":"\\ud800x"},"a":"\\udc00 13812345678"}')
    )
    assert json.loads((tmp_path / "E0001.json").read_bytes())
