"""Services that are asked: whatever they answer, nothing is lost and nothing comes twice."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from adapters.his.xml_http.answered import Item
from adapters.his.xml_http.exchange import Request, Response
from adapters.his.xml_http.failed import Failed
from adapters.his.xml_http.listener import Limits, Listener
from adapters.his.xml_http.marks import Mark, Marks
from adapters.his.xml_http.polling import Polling
from adapters.his.xml_http.polls import CHINA, Poll, read_polls
from adapters.his.xml_http.wsdl import wsdl
from gateway import registry
from gateway.canonical import Envelope, Quarantined
from gateway.errors import Misconfigured, Retry
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.wire.rows import faulty
from gateway.wire.rows.faulty import CONTENT_TYPE as FAULTY

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=CHINA)
AA = b"<response><code>AA</code></response>"
VISITS = "<Visits>" + "".join(f"<Visit><No>{n}</No><Name>陈远航</Name></Visit>" for n in (1, 2)) + "</Visits>"
HTML = "<html><body>Login</body></html>"
FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    "<faultcode>s:Server</faultcode><faultstring>陈远航</faultstring></s:Fault></s:Body></s:Envelope>"
)
FAULT_12 = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code>'
    "<s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>陈远航</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
)
Answer = Callable[[Request], Response]


def coded(name: str) -> Response:
    """An answer that is not what it says."""
    return Response(200, b"<a/>", "text/xml", {"Content-Encoding": name})


def zipped(body: bytes) -> Response:
    """An answer that a small body unfolds to."""
    return Response(200, gzip.compress(body, 1), "text/xml", {"Content-Encoding": "gzip"})


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[str]:
    """A service of a hospital on a free port; yields its address."""

    async def handle(request: Request) -> Response:
        return answer(request)

    listener = Listener(handle, Response, "127.0.0.1", 0, Limits(), None)
    await listener.start()
    try:
        yield f"http://127.0.0.1:{listener.address[1]}/his"
    finally:
        await listener.stop()


class Hospital:
    """What is delivered; ``refuse``: numbers of deliveries that cannot be kept."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.marks = folder, Marks(folder / "state.json")
        self.taken: list[Item] = []
        self.refuse: set[int] = set()
        self.tries = 0
        self.now = NOON
        self.answer = AA

    async def hand(self, items: Sequence[Item], _: str) -> list[bytes]:
        for item in items:
            self.tries += 1
            if self.tries in self.refuse:
                raise Retry("the disk is full")
            self.taken.append(item)
        return [self.answer] * len(items)

    def polling(self, **said: Any) -> Polling:
        wanted: dict[str, Any] = {
            "name": "visits",
            "begin": "2026-03-05T11:00:00",
            "items": "//Visit",
            **said,
        }
        return Polling(Poll(**wanted), self.marks, self.hand, lambda: self.now)


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital(tmp_path)


@asynccontextmanager
async def closed(polling: Polling) -> AsyncIterator[Polling]:
    """Let the connections go at the end."""
    try:
        yield polling
    finally:
        await polling.close()


def run(hospital: Hospital, answer: Answer, **said: Any) -> Polling:
    async def go() -> Polling:
        async with service(answer) as url:
            async with closed(hospital.polling(url=url, **said)) as polling:
                await polling.round()
            return polling

    return asyncio.run(go())


def xml(text: str, encoding: str = "utf-8", content_type: str = "text/xml") -> Response:
    return Response(200, text.encode(encoding), content_type)


def test_what_is_answered_is_delivered_item_by_item(hospital: Hospital) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return xml(VISITS)

    run(hospital, answer, method="GET", parameters={"begin": "{since}", "end": "{until}"})
    assert [one.raw.decode() for one in hospital.taken] == [
        f"<Visit><No>{n}</No><Name>陈远航</Name></Visit>" for n in (1, 2)
    ]
    (request,) = asked
    assert request.method == "GET"
    assert "begin=2026-03-05+10%3A59%3A00" in request.target.replace("%20", "+")
    mark = hospital.marks.at("visits")
    assert mark is not None
    assert mark.until == NOON


def test_the_parameters_stand_beside_those_of_the_url(hospital: Hospital) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.target)
        return xml("<Visits/>")

    async def go() -> None:
        async with service(answer) as url:
            made = hospital.polling(url=f"{url}?key=1", method="GET", parameters={"page": "{page}"})
            async with closed(made) as polling:
                await polling.round()

    asyncio.run(go())
    assert asked == ["/his?key=1&page=1"]


@pytest.mark.parametrize("url", ["http://[x/", "ftp://127.0.0.1/"])
def test_an_address_that_is_none_is_told(hospital: Hospital, url: str) -> None:
    async def go() -> None:
        async with closed(hospital.polling(url=url, body="<Q/>")) as polling:
            with pytest.raises(Failed, match="cannot be reached"):
                await polling.round()

    asyncio.run(go())


def test_the_next_round_begins_where_the_last_ended(hospital: Hospital) -> None:
    bodies: list[str] = []

    def answer(request: Request) -> Response:
        bodies.append(request.body.decode())
        return xml("<Visits/>")

    run(hospital, answer, body="<Q>{since}/{until}</Q>", window=1800, overlap=0)
    hospital.now = NOON + timedelta(minutes=5)
    run(hospital, answer, body="<Q>{since}/{until}</Q>", window=1800, overlap=0, time="%H%M")
    assert bodies == [
        "<Q>2026-03-05 11:00:00/2026-03-05 11:30:00</Q>",
        "<Q>2026-03-05 11:30:00/2026-03-05 12:00:00</Q>",
        "<Q>1200/1205</Q>",
    ]


BAD = {
    "fault": (lambda _: xml(FAULT), "SOAP fault s:Server"),
    "html": (lambda _: xml(HTML, content_type="text/html"), "web page"),
    "broken": (lambda _: xml("<Visits><Visit>"), "no XML"),
    "entity": (lambda _: xml('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'), "no XML"),
    "500": (lambda _: Response(500, b"oops"), "HTTP 500"),
    "302": (lambda _: Response(302, b"", headers={"Location": "/login"}), "HTTP 302"),
    "long": (lambda _: xml(VISITS + " " * 5000), "longer than"),
    "bomb": (lambda _: zipped(b" " * 50_000_000), "longer than"),
    "not gzip": (
        lambda _: Response(200, b"<a/>", headers={"Content-Encoding": "gzip"}),
        "not well compressed",
    ),
    "brotli": (lambda _: Response(200, b"<a/>", headers={"Content-Encoding": "br"}), "was not asked for"),
    "fault 1.2": (lambda _: xml(FAULT_12), "SOAP fault s:Receiver"),
    "fault and 500": (lambda _: Response(500, FAULT.encode(), "text/xml"), "SOAP fault s:Server"),
    "empty": (lambda _: Response(200, b""), "no XML"),
    "said": (lambda _: xml("<Visits><Code>-1</Code></Visits>"), "good is not true"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_moves_nothing_and_is_asked_for_again(hospital: Hospital, name: str) -> None:
    answer, reason = BAD[name]
    said = {"body": "<Q/>", "most": 4000, "good": "not(//Code) or //Code='0'"}
    with pytest.raises(Failed) as caught:
        run(hospital, answer, **said)
    assert reason in caught.value.reason
    assert "陈" not in caught.value.reason
    assert hospital.marks.at("visits") is None
    run(hospital, lambda _: xml(VISITS), **said)
    assert len(hospital.taken) == 2


def test_a_compressed_answer_is_read(hospital: Hospital) -> None:
    run(hospital, lambda _: zipped(VISITS.encode()), body="<Q/>")
    assert len(hospital.taken) == 2


def test_a_service_that_never_answers(hospital: Hospital) -> None:
    async def go() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                pass
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with closed(hospital.polling(url=url, body="<Q/>", timeout=0.2)) as polling:
            with pytest.raises(Failed, match=r"no answer|cannot be reached"):
                await polling.round()
        server.close()
        await server.wait_closed()
        async with closed(hospital.polling(url=url, body="<Q/>")) as polling:
            with pytest.raises(Failed, match="cannot be reached"):
                await polling.round()

    asyncio.run(go())
    assert hospital.marks.at("visits") is None


def test_what_could_not_be_kept_is_asked_for_again(hospital: Hospital) -> None:
    hospital.refuse = {2}
    with pytest.raises(Retry):
        run(hospital, lambda _: xml(VISITS), body="<Q/>")
    assert hospital.marks.at("visits") is None
    run(hospital, lambda _: xml(VISITS), body="<Q/>")
    assert len({one.raw for one in hospital.taken}) == 2


@pytest.mark.parametrize(("encoding", "said"), [("gb18030", ""), ("gb18030", "UTF-8"), ("utf-8", "GBK")])
def test_an_answer_in_another_charset_than_it_says(hospital: Hospital, encoding: str, said: str) -> None:
    content_type = f"text/xml; charset={said}" if said else "text/xml"
    run(hospital, lambda _: xml(VISITS, encoding, content_type), body="<Q/>")
    assert "陈远航" in hospital.taken[0].raw.decode()


def test_pages_are_asked_for_until_one_is_short(hospital: Hospital) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        page = request.body.decode()
        asked.append(page)
        return xml(VISITS if page != "<Q>3</Q>" else "<Visits><Visit>9</Visit></Visits>")

    def pages(request: Request) -> Response:
        made = answer(request)
        return Response(200, made.body.replace(b"<No>", b"<No>" + request.body[3:4]), made.content_type)

    run(hospital, pages, body="<Q>{page}</Q>", size=2)
    assert asked == ["<Q>1</Q>", "<Q>2</Q>", "<Q>3</Q>"]
    assert len(hospital.taken) == 5


def test_a_service_without_pages_is_not_asked_for_ever(hospital: Hospital) -> None:
    polling = run(hospital, lambda _: xml(VISITS), body="<Q>{page}</Q>", size=2)
    assert polling.counts.asked == 2
    assert len(hospital.taken) == 2


def test_rows_in_json(hospital: Hospital) -> None:
    data = {"code": 0, "data": {"list": [{"patient_no": "1", "weight": 70.5, "phone": None}]}}
    run(hospital, lambda _: Response(200, json.dumps(data).encode(), "application/json"),
        body="<Q/>", items="", rows="data.list", view="patient")  # fmt: skip
    assert json.loads(hospital.taken[0].raw)["rows"] == [
        {"row": {"patient_no": "1", "weight": "70.5", "phone": None}}
    ]


def rows_of(hospital: Hospital) -> list[Any]:
    return [json.loads(one.raw)["rows"][0] for one in hospital.taken]


def said(text: str) -> Answer:
    return lambda _: Response(200, text.encode(), "application/json")


ROWS = {"body": "<Q/>", "items": "", "rows": "data", "view": "patient"}


def test_numbers_keep_their_digits(hospital: Hospital) -> None:
    """Of 20 digits a computer knows 16: two patients would be one."""
    run(
        hospital,
        said('{"data": [{"patient_no": 20260307000100001234, "dose": 5.10, "in_use": true}]}'),
        **ROWS,
    )
    assert rows_of(hospital) == [
        {"row": {"patient_no": "20260307000100001234", "dose": "5.10", "in_use": "1"}}
    ]


def test_what_belongs_to_a_row_comes_with_it(hospital: Hospital) -> None:
    row = '"rx_no": "1", "by": {"no": 7}, "items": [{"n": 1, "x": [{"y": 2}, {"y": 3}]}], "tags": ["a", "b"]'
    run(hospital, said(f'{{"data": [{{{row}}}]}}'), **ROWS | {"view": "prescription"})
    assert rows_of(hospital) == [
        {"row": {"rx_no": "1", "by.no": "7", "tags": "a; b"}, "items": [{"n": "1", "x.y": "2; 3"}]}
    ]


@pytest.mark.parametrize(
    ("text", "good", "reason"),
    [
        ('{"code": 500, "data": []}', "code = 0", "good is not true"),
        ('{"data": []}', "code = 0", "nothing at code"),
        ('{"code": 0}', "code = 0", "nothing at data"),
        ('{"code": 0, "data": null}', "", "set good"),
        ('{"code": 0, "data": [], "data": [{"a": 1}]}', "code = 0", "the name data comes twice"),
        ('{"code": 0, "code": 500, "data": []}', "code = 0", "the name code comes twice"),
        ('{"code": 0, "data": [{"a": NaN}]}', "code = 0", "no JSON"),
    ],
)
def test_an_answer_in_json_that_is_not_good_moves_nothing(
    hospital: Hospital, text: str, good: str, reason: str
) -> None:
    with pytest.raises(Failed) as caught:
        run(hospital, said(text), good=good, **ROWS)
    assert reason in caught.value.reason
    assert hospital.marks.at("visits") is None


def test_a_row_that_says_two_things_by_one_name_waits_and_holds_up_nobody(hospital: Hospital) -> None:
    """It is the same entry each time it is answered, whatever stands before it, and keeps what it said."""
    twice = '{"patient_no": "2", "name": "甲", "name": "乙", "p": 1.50}'
    for before in ('{"patient_no": "1"}', '{"patient_no": "3"}, {"patient_no": "4"}'):
        run(hospital, said(f'{{"data": [{before}, {twice}]}}'), **ROWS)
        hospital.now += timedelta(seconds=30)
    held = [one for one in hospital.taken if one.content_type == FAULTY]
    assert [len(hospital.taken), len(held)] == [4, 1]
    flaw = faulty.parse(held[0].raw)
    assert flaw.code == "duplicate-name"
    assert "by the name name" in flaw.reason
    assert "甲" in json.loads(held[0].raw)["text"]
    assert "乙" in json.loads(held[0].raw)["text"]
    envelope = Envelope(
        "0" * 32, "default", "his/xml_http", "", 1_772_845_200_000_000, FAULTY, "", held[0].raw
    )
    reading = steps.read(registry.find()["his/xml_http"], load_maps(), envelope)
    assert isinstance(reading.flaw, Quarantined)
    assert reading.flaw.reason == "duplicate-name"


@pytest.mark.parametrize("code", ["AA", "AE", "AR"])
def test_what_was_refused_is_not_delivered_again_and_again(hospital: Hospital, code: str) -> None:
    """Its bytes and the reason stand in the inbox; another delivery would be another entry, for ever."""
    hospital.answer = f"<response><code>{code}</code></response>".encode()
    for _ in range(3):
        hospital.marks = Marks(hospital.folder / "state.json")
        polling = run(hospital, lambda _: xml(VISITS), body="<Q/>")
        hospital.now += timedelta(seconds=30)
    assert len(hospital.taken) == 2
    assert polling.counts.known == 2


@pytest.mark.parametrize("good", ["code = 0", "head.ok = true"])
def test_null_in_a_good_answer_is_nothing(hospital: Hospital, good: str) -> None:
    run(hospital, said('{"code": 0, "head": {"ok": true}, "data": null}'), good=good, **ROWS)
    assert hospital.taken == []
    assert hospital.marks.at("visits") is not None


def test_what_the_question_before_has_answered_is_not_delivered_again(hospital: Hospital) -> None:
    """What was one thing, another, and the first again, is three deliveries; so after a new start, too."""
    for value in ("A", "A", "B", "B", "A"):
        hospital.marks = Marks(hospital.folder / "state.json")
        polling = run(hospital, said(f'{{"data": [{{"patient_no": "1", "name": "{value}"}}]}}'), **ROWS)
        hospital.now += timedelta(seconds=30)
    assert [one["row"]["name"] for one in rows_of(hospital)] == ["A", "B", "A"]
    assert len({one.control for one in hospital.taken}) == 3
    assert polling.counts.known == 0


def test_what_was_delivered_and_not_remembered_keeps_its_number(hospital: Hospital) -> None:
    hospital.refuse = {2}
    with pytest.raises(Retry):
        run(hospital, lambda _: xml(VISITS), body="<Q/>")
    hospital.now += timedelta(seconds=30)
    run(hospital, lambda _: xml(VISITS), body="<Q/>")
    assert len(hospital.taken) == 3
    assert hospital.taken[0] == hospital.taken[1]


def test_the_same_twice_in_one_answer_is_two_deliveries(hospital: Hospital) -> None:
    run(
        hospital,
        lambda _: xml("<Visits><Visit>1</Visit><Visit>2</Visit><Visit>1</Visit></Visits>"),
        body="<Q/>",
    )
    assert len({one.control for one in hospital.taken}) == 3


def test_texts_in_an_answer_are_all_delivered(hospital: Hospital) -> None:
    texts = "".join(f"<string>{escape(f'<Visit><No>{n}</No><v>&lt;1</v></Visit>')}</string>" for n in (1, 2))
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    answer = f'<s:Envelope xmlns:s="{space}"><s:Body><r>{texts}</r></s:Body></s:Envelope>'
    run(hospital, lambda _: xml(answer), body="<Q/>")
    assert [one.raw.decode()[:16] for one in hospital.taken] == ["<Visit><No>1</No", "<Visit><No>2</No"]


def test_marks_are_put_by_many_at_once(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "state.json")

    def put(name: str) -> None:
        for second in range(20):
            marks.put(name, Mark(NOON + timedelta(seconds=second), frozenset({"0" * 16})))

    names = ["a", "visits-of-the-outpatient-department", "x" * 40, "b"]
    with ThreadPoolExecutor(len(names)) as threads:
        for one in [threads.submit(put, name) for name in names]:
            one.result()
    again = Marks(tmp_path / "state.json")
    assert {again.at(name) for name in names} == {Mark(NOON + timedelta(seconds=19), frozenset({"0" * 16}))}


def test_a_state_of_moments_alone_is_read(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"visits": NOON.isoformat()}))
    assert Marks(tmp_path / "state.json").at("visits") == Mark(NOON)


@pytest.mark.parametrize("bad", [b"[", b'{"data": 1}', b'{"data": {"list": [1]}}', b"\xff\xfe\x00"])
def test_what_is_no_rows(hospital: Hospital, bad: bytes) -> None:
    with pytest.raises(Failed):
        run(hospital, lambda _: Response(200, bad), body="<Q/>", rows="data.list", view="patient")
    assert hospital.marks.at("visits") is None


def test_soap_by_its_wsdl(hospital: Hospital) -> None:
    """zeep reads the description; the answer holds its XML as a text."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        if request.method == "GET":
            return Response(200, wsdl(f"http://{request.headers['host']}/his"), "text/xml")
        asked.append(request.body.decode())
        result = f"<HIPMessageServerResult>{escape(VISITS)}</HIPMessageServerResult>"
        inner = f'<HIPMessageServerResponse xmlns="urn:hl7-org:v3">{result}</HIPMessageServerResponse>'
        space = "http://schemas.xmlsoap.org/soap/envelope/"
        return xml(f'<s:Envelope xmlns:s="{space}"><s:Body>{inner}</s:Body></s:Envelope>')

    async def go() -> None:
        async with service(answer) as url:
            said = {"action": "GetVisits", "message": "<Q>{since}</Q>"}
            made = hospital.polling(wsdl=f"{url}?wsdl", operation="HIPMessageServer", parameters=said)
            async with closed(made) as polling:
                await polling.round()
                await polling.round()
            wrong = hospital.polling(name="other", wsdl=f"{url}?wsdl", operation="Nothing")
            async with closed(wrong):
                with pytest.raises(Failed, match="operation"):
                    await wrong.round()

    asyncio.run(go())
    assert len(hospital.taken) == 2
    assert "&lt;Q&gt;2026-03-05 10:59:00&lt;/Q&gt;" in asked[0]


def test_soap_without_a_wsdl(hospital: Hospital) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return xml(VISITS)

    run(hospital, answer, soap="1.1", action="urn:get", body="<Get><from>{since}</from></Get>")
    assert asked[0].headers["soapaction"] == '"urn:get"'
    assert b"<soap:Body><Get>" in asked[0].body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "polls:"),
        ("polls: [{url: x}]", "name"),
        ("polls: [{name: a}]", "url"),
        ("polls: [{name: a, wsdl: x}]", "operation"),
        ("polls: [{name: a, url: 'http://127.0.0.1:99999/'}]", "address"),
        ("polls: [{name: a, url: 127.0.0.1/his}]", "address"),
        ("polls: [{name: a, url: 'http://x/', evry: 3}]", "evry"),
        ("polls: [{name: a, url: 'http://x/', every: soon}]", "number"),
        ("polls: [{name: a, url: 'http://x/', items: '//['}]", "XPath"),
        ("polls: [{name: a, url: 'http://x/', begin: today}]", "begin"),
        ("polls: [{name: a, url: 'http://x/'}, {name: a, url: 'http://y/'}]", "two polls"),
        ("polls: [{name: a, url: 'http://x/', rows: data}]", "view"),
        ("polls: [{name: a, url: 'http://x/', rows: data, view: v, items: '//a'}]", "one of them"),
        ("polls: [{name: a, url: 'http://x/', rows: data, view: v, good: \"//code = '0'\"}]", "code = 0"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "polls.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=said):
        read_polls(file)


def test_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "polls.yaml"
    file.write_text(
        "polls:\n  - {name: a, url: http://x/, every: 5, begin: 2026-01-01T00:00:00, parameters: {n: 1}}\n"
    )
    (poll,) = read_polls(file)
    assert (poll.every, poll.parameters) == (5, {"n": "1"})
    assert poll.since == datetime(2026, 1, 1, tzinfo=CHINA)


def test_a_damaged_state_is_no_beginning(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"visits": "yest')
    with pytest.raises(Misconfigured, match="mend the file"):
        Marks(tmp_path / "state.json")
