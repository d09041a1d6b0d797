"""What every interaction needs: the store, the options, and where it is mounted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.requests import Request

from gateway.api.read_trail import ReadTrail
from gateway.api.reads import Reads
from gateway.api.room import Room
from gateway.canonical.logical_id import ID
from gateway.errors import Rejected
from gateway.feed.laboratory import DeltaRules
from gateway.feed.obligations import Obligations
from gateway.feed.pull import Pull
from gateway.feed.subscription import Notifier
from gateway.feed.visit.governor import Visits
from gateway.mapping import Maps
from gateway.matching import Rules
from gateway.policy import Policy
from gateway.security import CALLER, DEFAULT_TENANT, Caller
from gateway.store import Store
from gateway.store.model import Transact, Transacted
from gateway.store.types import NUMBER
from gateway.validation import Examination
from gateway.validation.terminology import Terminology

if TYPE_CHECKING:
    from gateway.api.import_manifest import ImportJob

Examine = Callable[[bytes, Sequence[str]], Examination]
LONG = 1024 * 1024
"""Bytes of a body whose check takes so long that shorter ones must not wait for it."""

Write = Callable[[Transact], Awaitable[Transacted]]

Stand = Callable[[], Mapping[str, Mapping[str, int | str]]]
"""Tells of every open door what it says of itself."""

_ID = re.compile(r"(?!\.{1,2}\Z)" + ID).fullmatch
"""R4 also takes ``.`` and ``..``, which no client can send: in a URL they are steps (RFC 3986 §5.2.4)."""


@dataclass(slots=True, frozen=True)
class Options:
    """Settings of the API.

    Attributes:
        tenants: who is served where nobody guards the application; else each client is served its own.
        public_url: scheme, host and path prefix as the clients see them (``"https://fhir.example"``),
            ``""``: as each request names them.
        max_url: characters of path and query, above which the answer is 414.
        max_parameters: query parameters of one request.
        max_form: bytes of a POST ``_search`` body.
        max_body: bytes of a resource, a patch or a Bundle, after it was unpacked.
        max_entries: entries of a batch or transaction.
        search_threads: searches that run at once; others wait for them.
        validate: what happens to a resource that breaks a rule of R4: ``"strict"``, it is refused (422);
            ``"report"``, it is stored, ``Prefer: return=OperationOutcome`` tells; ``"off"``, nobody looks.
        import_hosts: whom $import of a manifest may ask for files, see ``[bulk] import_hosts``; none: nobody.
        public: tenants that tell the public of themselves, without a token (``[tenants.NAME] public``).
        audited: tenants of which each read of a patient's data leaves a trace (``audit_reads``).
    """

    tenants: frozenset[str] = frozenset({DEFAULT_TENANT})
    public_url: str = ""
    max_url: int = 8192
    max_parameters: int = 100
    max_form: int = 65_536
    max_body: int = 64 * 1024 * 1024
    max_entries: int = 10_000
    search_threads: int = 8
    validate: Literal["strict", "report", "off"] = "strict"
    import_hosts: tuple[str, ...] = ()
    public: frozenset[str] = frozenset()
    audited: frozenset[str] = frozenset()


@dataclass(slots=True, frozen=True)
class Context:
    """The API's own state, and what it has to serve.

    Attributes:
        store: open; whoever made the context closes it.
        maps: have the code tables, None where none are served.
        terminology: None where none is served.
        examine: checks the bytes of a resource against profiles, from any thread; None: nothing is checked.
        write: makes changes, and returns once they are committed; None: the server only reads.
        notifier: answers for Subscriptions; None: there are none.
        policy: finds the rules of a tenant; None: nobody is told of any.
        visits: governs internet visits, and has their operations; None: there are none.
        pull: serves the ledgers; None: nobody can get them here.
        obligations: knows what tenants owe their regulator; None: nobody asks.
        matching: rules that tell who may be one person; None: nobody is matched.
        doors: tells how the ways in stand; None: nobody is told.
        delta: from which change on a result is worth a second look; None: nobody is told.
        room: for the bodies that are checked.
        checks: the one thread that checks long bodies: a large Bundle keeps its like waiting only.
        short_checks: the one for those below :data:`LONG`.
        imports: of manifests, by id.
        threads: bounds how many searches and operations run at once.
        reads: reads current versions without holding up the event loop.
        trail: keeps who read what; None: the server only reads.
    """

    store: Store
    options: Options = field(default_factory=Options)
    maps: Maps | None = None
    terminology: Terminology | None = None
    examine: Examine | None = None
    write: Write | None = None
    notifier: Notifier | None = None
    policy: Callable[[str], Policy] | None = None
    visits: Visits | None = None
    pull: Pull | None = None
    obligations: Obligations | None = None
    matching: Rules | None = None
    doors: Stand | None = None
    delta: DeltaRules | None = None
    room: Room = field(default_factory=Room)
    checks: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "qiao-validate"))
    short_checks: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "qiao-check"))
    imports: dict[str, ImportJob] = field(default_factory=dict)
    threads: ThreadPoolExecutor = field(init=False)
    reads: Reads = field(init=False)
    trail: ReadTrail | None = field(init=False)

    def __post_init__(self) -> None:
        """Make what belongs to the store and the options."""
        threads = ThreadPoolExecutor(self.options.search_threads, "qiao-search")
        object.__setattr__(self, "threads", threads)
        object.__setattr__(self, "reads", Reads(self.store))
        trail = ReadTrail(self.write, self.options.audited) if self.write is not None else None
        object.__setattr__(self, "trail", trail)

    def checker(self, size: int) -> ThreadPoolExecutor:
        """Return the thread that checks a body of so many bytes."""
        return self.short_checks if size < LONG else self.checks


class NotFound(Rejected):
    """Nothing is at this address, or nothing that this caller may see."""


class MethodNotAllowed(Rejected):
    """What is at this address does not take this method."""


def context(request: Request) -> Context:
    """Return the context of the application that a request runs in."""
    found: Context = request.app.state.context
    return found


def tenant_of(request: Request) -> str:
    """Return the tenant that the path names.

    Raises:
        NotFound: it is not served here.
    """
    tenant: str = request.path_params.get("tenant", DEFAULT_TENANT)
    caller: Caller | None = request.scope.get(CALLER)
    served = tenant in context(request).options.tenants if caller is None else tenant == caller.tenant
    if not served:
        raise NotFound("nothing is served at this address", code="not-found")
    return tenant


def trail_of(request: Request) -> ReadTrail | None:
    """Return what keeps the reads of the request's tenant; None where nobody asks for it."""
    trail = context(request).trail
    return trail if trail is not None and trail.wants(tenant_of(request)) else None


def base_of(request: Request) -> str:
    """Return the FHIR base URL of the request, without a slash at its end."""
    root = context(request).options.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    tenant = request.path_params.get("tenant")
    return f"{root}/t/{tenant}/fhir" if tenant is not None else f"{root}/fhir"


ARTEFACTS = frozenset(
    {"StructureDefinition", "CodeSystem", "ValueSet", "ConceptMap", "Measure", "OperationDefinition"}
)
"""Types that stand in no store: what is served of them are the definitions that this server goes by."""

STORED = frozenset(NUMBER) - ARTEFACTS - {"Parameters"}
"""Types that the store serves; Parameters are no resources with an address (R4 parameters.html)."""


def check_id(id_: object) -> str:
    """Return a logical id that a resource can have (R4 §2.24.0.1).

    Raises:
        Rejected: it is none.
    """
    if type(id_) is not str or not _ID(id_):
        raise Rejected("an id is 1 to 64 of A-Z a-z 0-9 - .", code="value", where="id")
    return id_


def check_known(type_: str, id_: str) -> None:
    """Make sure that an address can be that of a resource.

    Raises:
        NotFound: the server has no such type, or nothing can have this id.
    """
    check_type(type_)
    if not _ID(id_):
        raise NotFound("there is no such resource", code="not-found")


def check_type(type_: str) -> None:
    """Make sure that the server serves a type.

    Raises:
        NotFound: it does not (R4 http.html: 404 for an unknown type).
    """
    if type_ not in STORED:
        raise NotFound("this server has no such resource type; see metadata", code="not-supported")
