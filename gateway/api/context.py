"""What every interaction needs: the store, the options, and where it is mounted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.requests import Request

from gateway.api.room import Room
from gateway.errors import Rejected
from gateway.mapping import Maps
from gateway.store import Store
from gateway.store.parameters import PARAMETERS
from gateway.validation import Examination
from gateway.validation.terminology import Terminology

Examine = Callable[[bytes, Sequence[str]], Examination]

DEFAULT_TENANT = "default"


@dataclass(slots=True, frozen=True)
class Options:
    """Settings of the API.

    Attributes:
        tenants: who is served; any other tenant is 404.
        public_url: scheme, host and path prefix as the clients see them (``"https://fhir.example"``),
            ``""``: as each request names them.
        max_url: characters of path and query, above which the answer is 414.
        max_parameters: query parameters of one request.
        max_form: bytes of a POST ``_search`` body.
        search_threads: searches that run at once; others wait for them.
    """

    tenants: frozenset[str] = frozenset({DEFAULT_TENANT})
    public_url: str = ""
    max_url: int = 8192
    max_parameters: int = 100
    max_form: int = 65_536
    search_threads: int = 8


@dataclass(slots=True, frozen=True)
class Context:
    """The API's own state; ``threads`` bounds how many searches and operations run at once.

    Attributes:
        maps: have the code tables, None where none are served.
        terminology: None where none is served.
        examine: checks the bytes of a resource against profiles, from any thread; None: nothing is checked.
        room: for the bodies that are checked.
        checks: the one thread that runs it: a large Bundle keeps other checks waiting, and no search.
    """

    store: Store
    options: Options
    version: str
    threads: ThreadPoolExecutor
    maps: Maps | None = None
    terminology: Terminology | None = None
    examine: Examine | None = None
    room: Room = field(default_factory=Room)
    checks: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "qiao-validate"))


class NotFound(Rejected):
    """Nothing is at this address, or nothing that this caller may see."""


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
    if tenant not in context(request).options.tenants:
        raise NotFound("nothing is served at this address", code="not-found")
    return tenant


def base_of(request: Request) -> str:
    """Return the FHIR base URL of the request, without a slash at its end."""
    root = context(request).options.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
    tenant = request.path_params.get("tenant")
    return f"{root}/t/{tenant}/fhir" if tenant is not None else f"{root}/fhir"


def check_type(type_: str) -> None:
    """Make sure that the server serves a type.

    Raises:
        NotFound: it does not (R4 §3.1.0.1: 404 for an unknown type).
    """
    if type_ not in PARAMETERS:
        raise NotFound("this server has no such resource type; see metadata", code="not-supported")
