"""Times: nothing of the future, nothing that ends before it begins, and data that come in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from conformance.harness.check import check
from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.suites.quality.forms import moment
from conformance.suites.quality.sample import PROFILE, sample
from conformance.suites.quality.shares import least, share

_WRITTEN = ("authoredOn", "issued", "recordedDate")
_BEGUN = ("effectiveDateTime", "effectivePeriod.start", "period.start", "started")
_ENDED = ("period.end",)
_LEEWAY = timedelta(hours=2)
"""Clocks of two machines, and a result that is told a moment before it is verified."""
_AHEAD = ("planned", "registered", "cancelled", "entered-in-error")
"""Statuses of what has not taken place, or never will: its times may be those of a plan."""
_OVER = "finished"
"""Status of an Encounter that has ended: of any other ``period.end`` is a plan (R4 datatypes#Period)."""


def _moments(one: Resource) -> list[datetime]:
    """Return the times at which something was written and, as far as it has, took place."""
    ahead, open_ = (
        one.get("status") in _AHEAD,
        one["resourceType"] == "Encounter" and one.get("status") != _OVER,
    )
    paths = (*_WRITTEN, *(() if ahead else _BEGUN), *(() if ahead or open_ else _ENDED))
    return [found for path in paths if (found := moment(pick(one, path))) is not None]


@check("CQ49-3.4b", zh="没有未来的时间", en="nothing is of the future")
def future(run: Run) -> None:
    """Of what has taken place: visits, results, prescriptions; not of what is planned."""
    now = datetime.now(UTC) + _LEEWAY
    listed = [at for one in sample(run).all() for at in _moments(one)]
    share(run, listed, lambda at: at <= now, least("future"), "不在未来", "it is not of the future", "times")


@check("SC-26.1", zh="出生日期合理", en="birth dates are possible")
def births(run: Run) -> None:
    """Not of the future, and nobody older than 130."""
    today = run.session.today
    listed = [str(one["birthDate"]) for one in sample(run).of("Patient") if one.get("birthDate")]
    first, last = f"{today.year - 130}", (today + timedelta(days=1)).isoformat()

    def right(born: str) -> bool:
        return first <= born <= last and _possible(born)

    share(run, listed, right, 1, "出生日期合理", "it is possible", "Patient.birthDate")


def _possible(born: str) -> bool:
    try:
        return len(born) < 10 or date.fromisoformat(born) is not None
    except ValueError:
        return False


@check("CQ49-3.4b", zh="开始不晚于结束", en="nothing ends before it begins")
def ordered(run: Run) -> None:
    """Periods of visits and of results."""
    pairs = [
        (moment(pick(one, f"{path}.start")), moment(pick(one, f"{path}.end")))
        for one in sample(run).all()
        for path in ("period", "effectivePeriod")
    ]
    listed = [(start, end) for start, end in pairs if start is not None and end is not None]
    share(
        run,
        listed,
        lambda two: two[0] <= two[1],
        least("ordered"),
        "开始不晚于结束",
        "it begins before it ends",
        "periods",
    )


def _took(one: Resource) -> datetime | None:
    return moment(pick(one, "issued") or pick(one, "authoredOn"))


def _waited(one: Resource) -> timedelta | None:
    """Return how long a version was on its way, None where it does not tell."""
    here, took = moment(pick(one, "meta.lastUpdated")), _took(one)
    return None if here is None or took is None else here - took


@check("CQ49-3.4b", zh="数据不早于其发生时间入库", en="nothing was here before it took place")
def recorded(run: Run) -> None:
    """Reports, results and prescriptions: when they were issued, and when they came."""
    listed = [waited for one in sample(run).all() if (waited := _waited(one)) is not None]
    share(
        run,
        listed,
        lambda waited: waited > -_LEEWAY,
        least("recorded"),
        "不早于发生时间",
        "it came afterwards",
        "times",
    )


@check("CQ49-3.4b", zh="数据及时入库", en="data come in time")
def timely(run: Run) -> None:
    """How long recent reports, results, requests and prescriptions took; older ones may be a backfill.

    ``issued`` or ``authoredOn`` is compared with ``meta.lastUpdated`` of the first version that says so: that
    an order of last week was completed today makes a version of today.
    """
    hours, days = PROFILE["timely"]["hours"], PROFILE["timely"]["days"]
    limit, since = timedelta(hours=hours), datetime.now(UTC) - timedelta(days=days)
    recent = [one for one in sample(run).all() if (took := _took(one)) is not None and took >= since]
    some = recent[:: len(recent) // PROFILE["timely"]["most"] + 1]
    listed = [waited for one in some if (waited := _first_waited(run, one, limit)) is not None]
    wanted = (
        f"近 {days} 天签发或开立的，首个版本（meta.lastUpdated）在其后 {hours} 小时内入库",
        f"of what was issued or authored in the last {days} days the first version (meta.lastUpdated) came "
        f"within {hours} hours",
    )
    share(run, listed, lambda waited: waited <= limit, least("timely"), *wanted, "recent times")


def _first_waited(run: Run, one: Resource, limit: timedelta) -> timedelta | None:
    """Return how long something was on its way at first; the history is asked only where it looks late.

    Without a history a report is judged as it stands, since ``issued`` is of its version (R4
    diagnosticreport#issued); of an order, which is written again with each step, nothing can be said: None.
    """
    waited = _waited(one)
    if waited is None or waited <= limit:
        return waited
    past = run.client().get(f"{one['resourceType']}/{one['id']}/_history?_count=100").entries
    times = [early for was in past if _took(was) == _took(one) and (early := _waited(was)) is not None]
    if times:
        return min(times)
    return waited if one.get("issued") else None
