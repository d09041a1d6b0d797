"""No secret stands in the command that a report names, however it was typed."""

from __future__ import annotations

import pytest

from conformance.command.parser import parser
from conformance.command.typed import typed

TOKEN = "S3cretTok"


@pytest.mark.parametrize(
    "words",
    [
        ["--token", TOKEN],
        [f"--token={TOKEN}"],
        ["--tok", TOKEN],
        [f"--to={TOKEN}"],
        ["--variable", f"token={TOKEN}", "--token", TOKEN],
    ],
)
def test_a_token_is_hidden_in_whichever_form_it_was_given(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["qiao", "conformance", "run", "--target", "t.yaml", *words])
    told = typed(TOKEN)
    assert TOKEN not in told
    assert told.startswith("qiao conformance run --target t.yaml ")
    assert "***" in told


@pytest.mark.parametrize("word", ["--tok", "--targ", "--jur"])
def test_no_option_may_be_abbreviated(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "--target", "t.yaml", word, "x"])
    assert word in capsys.readouterr().err
