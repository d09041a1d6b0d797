"""``qiao convert``: files, folders, standard input, framing, processes; the promised lines and figures."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.forking import forked

SAMPLES = Path(__file__).parents[2] / "adapters"
HIS = sorted(SAMPLES.glob("his/hl7v2/samples/*.hl7"))
BAD = b"MSH|^~\\&|A|B|||20260301||ZZZ^Z99|77|P|2.5\rZZZ|1\r"


def convert(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*forked(), "convert", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_message_becomes_one_transaction(tmp_path: Path) -> None:
    done = convert(HIS[0])
    [bundle] = lines(done.stdout)
    assert done.returncode == 0
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
    for entry in bundle["entry"]:
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["request"] == {"method": "PUT", "url": name}
        assert entry["fullUrl"] == f"http://127.0.0.1:8080/fhir/{name}"


def test_a_folder_with_figures(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    done = convert(SAMPLES / "his" / "hl7v2", "-o", out, "--json")
    [figures] = lines(done.stdout)
    made = lines(out.read_bytes())
    assert list(figures) == [
        "messages",
        "converted",
        "quarantined",
        "stray",
        "resources",
        "unmapped",
        "issues",
        "seconds",
    ]
    assert figures["messages"] == figures["converted"] + figures["quarantined"] == len(HIS)
    assert len(made) == figures["converted"]
    assert sum(figures["resources"].values()) == sum(len(bundle["entry"]) for bundle in made)


def test_what_no_row_reads_is_told(tmp_path: Path) -> None:
    message = HIS[0].read_bytes().rstrip(b"\r\n") + b"\rZPI|1|x\r"
    done = convert("-", "-o", tmp_path / "out.ndjson", stdin=message)
    [line] = [one for one in done.stdout.decode().splitlines() if one.startswith("read by no row: ")]
    assert {"ZPI-1 1", "ZPI-2 1"} <= set(line.removeprefix("read by no row: ").split(", "))


def test_figures_go_to_stderr_where_the_bundles_take_stdout() -> None:
    done = convert(HIS[0], "--json")
    assert len(lines(done.stdout)) == 1
    assert lines(done.stderr)[0]["messages"] == 1


@pytest.mark.parametrize("framed", [False, True])
def test_many_messages_on_standard_input(framed: bool) -> None:
    raws = [path.read_bytes().rstrip(b"\r\n") + b"\r" for path in HIS[:5]]
    frame = b"\x0b%b\x1c\r" if framed else b"%b"
    done = convert("-", stdin=b"".join(frame % raw for raw in raws))
    assert len(lines(done.stdout)) == 5
    assert done.stdout == b"".join(convert(path).stdout for path in HIS[:5])


@pytest.mark.parametrize("door", ["cda", "xml_http"])
def test_xml_on_standard_input_is_read_as_in_a_file(door: str) -> None:
    path = min((SAMPLES / "his" / door / "samples").glob("*.xml"))
    done = convert("-", stdin=b"\r\n" + path.read_bytes() if door == "xml_http" else path.read_bytes())
    assert done.returncode == 0, done.stderr
    assert done.stdout == convert(path).stdout


@pytest.mark.parametrize("inline", [False, True])
def test_a_document_that_a_message_carries_is_converted_too(inline: bool) -> None:
    """As the doors take it: beside the message that registers it."""
    document = (SAMPLES / "his/cda/samples/07-C0053-discharge.xml").read_bytes()
    coded = base64.b64encode(document)
    registered = (SAMPLES / "his/xml_http/samples/12-document-registered-pdf.xml").read_bytes()
    place = re.compile(rb'<originalText value="[^"]+"/>')
    bare = document[document.index(b"<ClinicalDocument") :]
    inside = bare if inline else b'<originalText value="' + coded + b'"/>'
    done = convert("-", stdin=place.sub(lambda _: inside, registered))
    made = [{entry["resource"]["resourceType"] for entry in bundle["entry"]} for bundle in lines(done.stdout)]
    assert len(made) == 2, done.stderr
    assert "Composition" not in made[0]
    assert {"Composition", "Condition"} <= made[1]


def test_what_cannot_be_converted_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    file = tmp_path / "in.hl7"
    file.write_bytes(HIS[0].read_bytes().rstrip(b"\r\n") + b"\r" + BAD)
    done = convert(file, "-o", out, "--json")
    assert done.returncode == 1
    assert len(lines(out.read_bytes())) == 1
    [line] = lines((tmp_path / "out.quarantine.ndjson").read_bytes())
    assert (line["file"], line["message"], line["reason"]) == (str(file), 2, "unknown-type")
    again = convert(file, "--json")
    assert b"unknown-type" in again.stderr


def test_what_is_no_message_is_named_too(tmp_path: Path) -> None:
    file = tmp_path / "letter.hl7"
    for raw, reason in (
        (b"Dear colleague", b"not-hl7"),
        (bytes(range(256)) * 12, b"not-hl7"),
        (b"", b"empty"),
    ):
        file.write_bytes(raw)
        done = convert(file)
        assert done.returncode == 1
        assert str(file).encode() in done.stderr
        assert reason in done.stderr


def test_text_before_the_first_message_is_reported_and_the_message_converted(tmp_path: Path) -> None:
    file, out = tmp_path / "in.hl7", tmp_path / "out.ndjson"
    file.write_bytes(b"PID|1||LOST\r" + HIS[0].read_bytes())
    assert convert(file, "-o", out).returncode == 1
    [line] = lines((tmp_path / "out.quarantine.ndjson").read_bytes())
    assert (line["message"], line["reason"]) == (1, "not-hl7")
    assert len(lines(out.read_bytes())) == 1


def test_a_log_around_the_messages_is_passed_over_in_one_line(tmp_path: Path) -> None:
    file, out = tmp_path / "in.log", tmp_path / "out.ndjson"
    framed = b"\x0b" + HIS[0].read_bytes() + b"\x1c\r\n"
    file.write_bytes(b"08:00 started\n08:01 received\n" + framed + b"08:02 ERR: late\n" + framed + b"\nbye\n")
    done = convert(file, "-o", out, "--json")
    assert done.returncode == 0
    [figures] = lines(done.stdout)
    assert (figures["messages"], figures["converted"], figures["stray"]) == (2, 2, 4)
    [told] = done.stderr.decode().splitlines()
    assert told.startswith(f"{file}: stray text, 4 lines, first at line 1")
    assert not (tmp_path / "out.quarantine.ndjson").exists()
    assert "第 1 行" in convert("--lang", "zh", file, "-o", out).stderr.decode()


def test_the_line_of_stray_text_is_that_of_an_editor(tmp_path: Path) -> None:
    file = tmp_path / "in.log"
    message = b"\x0b" + b"\r\n".join(HIS[0].read_bytes().split()[0:1]) + b"\r\nEVN|A01|1\r\n\x1c\r\n"
    file.write_bytes(message + b"\r\nlog\r\n")
    place = file.read_bytes().replace(b"\r\n", b"\n").split(b"\n").index(b"log") + 1
    assert f"first at line {place}" in convert(file).stderr.decode()


def test_the_settings_name_the_hospitals_own_codes(tmp_path: Path) -> None:
    codes, config = tmp_path / "codes", tmp_path / "qiao.toml"
    codes.mkdir()
    own = codes / "hospital-sex.yaml"
    own.write_text("extends: administrative-sex\ncodes:\n  雄: [male]\n", "utf-8")
    config.write_text(f'[mapping]\ncodes = "{codes}"\n')
    raw = (
        "MSH|^~\\&|HIS|H1|||20260301||ADT^A01|1|P|2.5.1|||||CHN|UNICODE UTF-8\rEVN|A01|20260301080000\r"
        "PID|1||P1^^^H1^MR||A^B||19930101|雄\rPV1|1|I|W1||||||||||||||||V1\r"
    ).encode()
    with_codes = convert("-", "--config", config, stdin=raw)
    assert with_codes.returncode == 0, with_codes.stderr
    assert b'"gender":"male"' in with_codes.stdout
    assert b'"gender"' not in convert("-", stdin=raw).stdout
    assert b'"gender":"male"' in convert("-", "--config", config, "--jobs", "2", stdin=raw).stdout


def test_values_that_were_left_out_are_counted_and_listed(tmp_path: Path) -> None:
    file, out = tmp_path / "in.hl7", tmp_path / "out.ndjson"
    born = b"PID|1||P1^^^H1^MR||A^B||19931345|M\rPV1|1|I\r"
    file.write_bytes(b"MSH|^~\\&|HIS|H1|||20260301||ADT^A01|1|P|2.5.1\rEVN|A01|20260301080000\r" + born)
    done = convert(file, "-o", out, "--json")
    assert done.returncode == 0
    [figures] = lines(done.stdout)
    found = lines((tmp_path / "out.issues.ndjson").read_bytes())
    assert sum(figures["issues"].values()) == len(found) >= 1
    for line in found:
        assert list(line) == ["file", "index", "where", "rule", "text"]
        assert (line["file"], line["index"]) == (str(file), 1)
    assert {line["rule"] for line in found} == set(figures["issues"])
    assert any("PID" in line["where"] for line in found)
    assert b"19931345" not in (tmp_path / "out.issues.ndjson").read_bytes()


def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = convert(HIS[0], "-o", tmp_path / "nowhere" / "out.ndjson")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"nowhere" in done.stderr


def test_a_missing_file_does_not_cost_the_last_output(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    out.write_text("kept")
    assert convert("no-such-file", "-o", out).returncode == 2
    assert out.read_text() == "kept"


def test_a_dash_is_standard_output(tmp_path: Path) -> None:
    assert convert(HIS[0], "-o", "-").stdout == convert(HIS[0]).stdout
    assert convert(HIS[0], "-o", "-", "--trace").returncode == 2


def test_a_folder_without_messages_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_text("x")
    done = convert(tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b".hl7" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_processes_change_nothing_but_the_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one.ndjson", tmp_path / "two.ndjson"
    convert(SAMPLES, "-o", one)
    convert(SAMPLES, "-o", two, "--jobs", 2)
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size


def test_trace_tells_the_rule_and_the_source_of_every_element(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    assert convert(HIS[0], "-o", out, "--trace").returncode == 0
    traced = lines((tmp_path / "out.trace.ndjson").read_bytes())
    assert all(line["file"] == str(HIS[0]) and line["rule"] for line in traced)
    assert any(line["source"] == "PID-3" for line in traced)
    assert convert(HIS[0], "--trace").returncode == 2


def test_a_sender_profile_that_is_not_there_is_a_wrong_setting() -> None:
    done = convert(HIS[0], "--sender", "nobody")
    assert done.returncode == 2
    assert b"nobody" in done.stderr


def test_parts_of_a_message_have_ids_of_their_own_as_at_the_door(tmp_path: Path) -> None:
    """Two tubes and a control in one run of a Chinese analyser: a Provenance for each, no byte misread."""
    lines = ["MSH|^~\\&|億區|墊乛|||20260305090000||OUL^R22|1|P|2.5.1||||||GB18030"]
    lines += ["PID|1||1002345^^^DQRM^MR||億^區||19910412|F"]
    for at, role in enumerate("PPQ", 1):
        lines += [f"SPM|{at}|墊{at}||SER^億|||||||{role}", f"OBR|{at}|||GLU^墊|||20260305085000"]
        lines += ["OBX|1|NM|GLU^墊||5.6|mmol/L|||||F|||20260305085900"]
    file, out = tmp_path / "run.hl7", tmp_path / "out.ndjson"
    file.write_bytes("".join(f"{one}\r" for one in lines).encode("gb18030"))
    convert(file, "-o", out, "--sender", "lis")
    bundles = [json.loads(one) for one in out.read_bytes().splitlines()]
    found = [[one["resource"] for one in bundle["entry"]] for bundle in bundles]
    trails = [[one["id"] for one in made if one["resourceType"] == "Provenance"] for made in found]
    assert len(bundles) == 2
    assert len({id_ for one in trails for id_ in one}) == sum(map(len, trails))
    names = [one["name"][0]["text"] for made in found for one in made if one["resourceType"] == "Patient"]
    assert set(names) == {"億區"}


@pytest.mark.parametrize("structure", ["OUL^R22^OUL_R22", "OUL^R24^OUL_R24", "ORU^R01^ORU_R01"])
@pytest.mark.parametrize(("role", "made"), [("Q", 1), ("C", 1), ("G", 1), ("", 2), ("P", 2)])
def test_a_control_is_no_patient_where_no_profile_fits(
    tmp_path: Path, structure: str, role: str, made: int
) -> None:
    sent = [f"MSH|^~\\&|ANALYSER|LAB|||20260305090000||{structure}|1|P|2.5.1||||||UNICODE UTF-8"]
    sent += ["PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F"]
    for at, said in enumerate(("P", role), 1):
        sample = f"SPM|{at}|26030500{at}||SER|||||||{said}"
        order = f"OBR|{at}|||GLU^GLU|||20260305085000"
        result = "OBX|1|NM|GLU^GLU||5.6|mmol/L|||||F|||20260305085900"
        sent += [sample, order, result] if "R22" in structure else [order, result, sample]
    file, out = tmp_path / "run.hl7", tmp_path / "out.ndjson"
    file.write_bytes("".join(f"{one}\r" for one in sent).encode())
    done = convert(file, "-o", out, "--json")
    assert written(out, "Observation") == made
    assert json.loads(done.stdout)["quarantined"] == 2 - made


def written(out: Path, type_name: str) -> int:
    """Return how many resources of a type were written."""
    entries = [one["resource"] for bundle in lines(out.read_bytes()) for one in bundle["entry"]]
    return sum(one["resourceType"] == type_name for one in entries)
