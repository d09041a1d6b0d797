"""Acknowledgements in the sender's own version, charset and separators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import pytest

from gateway.wire.er7 import AckError, Message, acknowledge, answer_mode, parse

NOW = datetime(2024, 3, 12, 8, 30, tzinfo=timezone(timedelta(hours=8)))
ERROR = AckError(101, "E", "PID-3 缺失 | 见规则 R1", "PID-3")


def adt(version: str = "2.5.1", charset: str = "UNICODE UTF-8", modes: str = "||") -> bytes:
    header = f"MSH|^~\\&|HIS|示范医院|QIAO|平台|20240312||ADT^A01|M\\T\\1|P|{version}||{modes}||{charset}"
    text = header + "\rPID|1\r"
    return text.encode("gb18030" if charset.startswith("GB") else "utf-8")


def answered(raw: bytes, *, code: str, text: str = "", errors: Sequence[AckError] = ()) -> Message:
    return parse(acknowledge(parse(raw), code=code, control_id="A", text=text, errors=errors, now=NOW))


def test_accepted_in_original_mode():
    answer = acknowledge(parse(adt()), code="AA", control_id="ACK1", now=NOW)
    assert answer.decode() == (
        "MSH|^~\\&|QIAO|平台|HIS|示范医院|20240312083000+0800||ACK^A01^ACK|ACK1|P|2.5.1||||||UNICODE UTF-8\r"
        "MSA|AA|M\\T\\1\r"
    )


def test_error_since_2_5():
    answer = answered(adt(), code="AE", text="refused", errors=[ERROR])
    assert (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("MSA-3")) == ("AE", "M&1", "refused")
    assert (answer.get("ERR-2.1"), answer.get("ERR-2.2"), answer.get("ERR-2.3")) == ("PID", "1", "3")
    assert (answer.get("ERR-3.1"), answer.get("ERR-3.3"), answer.get("ERR-4")) == ("101", "HL70357", "E")
    assert answer.get("ERR-8") == ERROR.text


def test_error_before_2_5():
    answer = answered(adt("2.4"), code="AR", text="no", errors=[ERROR])
    assert list(answer.each("MSA-6.1")) == ["101"]
    assert answer.get("ERR-1") == "PID^1^3^101&Required field missing&HL70357"
    oldest = answered(adt("2.2"), code="AR", text="no", errors=[ERROR])
    assert oldest.get("MSA-6") is None
    assert oldest.get("MSA-3") == "no"
    assert oldest.type == "ACK"


def test_a_place_that_is_no_er7_path_is_told_as_diagnostic():
    error = AckError(207, "W", "held", "MedicationRequest.dosage")
    answer = answered(adt(), code="AA", errors=[error])
    assert (answer.get("ERR-2"), answer.get("ERR-7")) == (None, "MedicationRequest.dosage")


@pytest.mark.parametrize("charset", ["GB18030", "GBK", "GB2312", "GB 18030-2000"])
def test_answers_in_the_senders_charset(charset: str):
    answer = acknowledge(parse(adt(charset=charset)), code="AE", control_id="A", errors=[ERROR], now=NOW)
    assert "示范医院".encode("gbk") in answer
    assert parse(answer).declared_charset == charset
    assert parse(answer).get("ERR-8") == ERROR.text


def test_answers_in_utf16_with_the_mark_that_the_sender_used():
    raw = adt(charset="UNICODE UTF-16").decode().encode("utf-16")
    answer = acknowledge(parse(raw), code="AA", control_id="A", now=NOW)
    assert answer.startswith(b"\xff\xfe")
    assert parse(answer).get("MSH-6") == "示范医院"


def test_answers_with_the_senders_separators():
    message = parse(b"MSH$%*!@$HIS$H$$$$$ADT%A08$7$T$2.5\r")
    answer = acknowledge(
        message,
        code="AE",
        control_id="A",
        errors=[AckError(102, "E", "a$b%c")],
        now=NOW,
        sending=("QIAO", "P$1"),
    )
    assert answer.startswith(
        b"MSH$%*!@$QIAO$P!F!1$HIS$H$20240312083000+0800$$ACK%A08%ACK$A$T$2.5\rMSA$AE$7\r"
    )
    assert parse(answer).get("ERR-8") == "a$b%c"


def test_what_could_not_be_parsed():
    answer = acknowledge(
        None,
        code="AR",
        control_id="A",
        text="not HL7",
        errors=[AckError(207, "E", "不是 HL7")],
        now=NOW,
        sending=("QIAO", "P"),
    )
    message = parse(answer)
    assert (message.version, message.type, message.get("MSA-1")) == ("2.5", "ACK", "AR")
    assert (message.get("MSA-2"), message.get("ERR-8")) == (None, "不是 HL7")


def test_a_header_cannot_break_out_of_the_answer():
    message = parse(b"MSH|^~\\&|HIS\nx|H|||||ADT^A01|1\n2|P|x\rPID|1\r")
    answer = acknowledge(message, code="AA", control_id="A\rMSA|AE", now=NOW)
    assert answer.count(b"\r") == 2
    assert b"\n" not in answer


@pytest.mark.parametrize(
    ("modes", "enhanced", "accept", "application", "on_success"),
    [
        ("||", False, "", "", (False, True)),
        ("|AL|NE", True, "AL", "NE", (True, False)),
        ("|ER|AL", True, "ER", "AL", (False, True)),
        ("|SU|", True, "SU", "", (True, False)),
        ("|NE|ER", True, "NE", "ER", (False, False)),
        ("|Y|N", False, "", "", (False, True)),
    ],
)
def test_answer_mode(
    modes: str, enhanced: bool, accept: str, application: str, on_success: tuple[bool, bool]
):
    mode = answer_mode(parse(adt(modes=modes)))
    assert (mode.enhanced, mode.accept, mode.application) == (enhanced, accept, application)
    assert (mode.wants("accept", success=True), mode.wants("application", success=True)) == on_success
