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

_PAST = (
    "authoredOn",
    "issued",
    "recordedDate",
    "effectiveDateTime",
    "effectivePeriod.start",
    "period.start",
    "period.end",
    "started",
)
_LEEWAY = timedelta(hours=2)
"""Clocks of two machines, and a result that is told a moment before it is verified."""


def _moments(one: Resource) -> list[datetime]:
    return [found for path in _PAST if (found := moment(pick(one, path))) is not None]


@check("CQ49-3.4b", zh="没有未来的时间", en="nothing is of the future")
def future(run: Run) -> None:
    """Of what has taken place: visits, results, prescriptions."""
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


def _waited(run: Run, since: datetime | None = None) -> list[timedelta]:
    """Return how long each resource was on its way, of those that took place since some time."""
    pairs = [(moment(pick(one, "meta.lastUpdated")), _took(one)) for one in sample(run).all()]
    told = [(here, took) for here, took in pairs if here is not None and took is not None]
    return [here - took for here, took in told if since is None or took >= since]


@check("CQ49-3.4b", zh="数据不早于其发生时间入库", en="nothing was here before it took place")
def recorded(run: Run) -> None:
    """Reports, results and prescriptions: when they were issued, and when they came."""
    listed = _waited(run)
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
    """How long recent reports, results and prescriptions took to come; older ones may be a backfill."""
    hours, days = PROFILE["timely"]["hours"], PROFILE["timely"]["days"]
    listed = _waited(run, datetime.now(UTC) - timedelta(days=days))
    limit = timedelta(hours=hours)
    wanted = (
        f"近 {days} 天的在 {hours} 小时内入库",
        f"what is of the last {days} days came within {hours} hours",
    )
    share(run, listed, lambda waited: waited <= limit, least("timely"), *wanted, "recent times")
