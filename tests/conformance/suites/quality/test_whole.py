"""The whole resource: one that is invalid is counted alone, not with all of its type."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.verdict import Failed
from conformance.suites.quality import whole
from conformance.suites.quality.sample import Sample


def test_the_share_is_of_resources(on_shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = on_shelf()
    listed = [{"resourceType": "Patient", "id": name} for name in "abcd"]
    run.session.once("quality", lambda: Sample({"Patient": listed}))
    monkeypatch.setattr(whole, "_by_target", lambda run: lambda one: one["id"] == "b")
    with pytest.raises(Failed, match=r"75% \(3/4\)"):
        whole.valid(run)
