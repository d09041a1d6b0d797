"""What the catalogue is made of: documents, requirements, and articles that ask a gateway for nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from conformance.harness.words import Words

Method = Literal["automatic", "document", "onsite"]
State = Literal["applies", "elsewhere", "not-yet", "expired"]

METHODS: dict[str, Words] = {
    "automatic": Words("自动", "automatic"),
    "document": Words("文审", "document review"),
    "onsite": Words("现场", "on site"),
}
TOPICS: dict[str, Words] = {
    "A": Words("准入与机构", "access and organisation"),
    "B": Words("医务人员", "practitioners"),
    "C": Words("患者、知情同意与就诊", "patient, consent, visit"),
    "D": Words("病历", "records"),
    "E": Words("处方与申请单", "prescriptions and orders"),
    "F": Words("系统集成", "integration"),
    "G": Words("监管数据上传", "regulator feed"),
    "H": Words("安全与公开", "security and disclosure"),
    "R": Words("技术基础", "technical basis"),
}
EVERYWHERE = "any"


@dataclass(slots=True, frozen=True)
class Document:
    """A document that asks for something.

    Attributes:
        id: ``"SC"``; it begins the ids of its rows.
        number: what it is cited by.
        jurisdiction: where it holds: ``cn`` and a province's ``cn-…``; ``any`` for a technical specification.
        since, until: first and last day in force; None: not stated.
        sha256: of the text that the original sentences were compared with, as it was obtained.
        articles: every article, as it is cited.
        headings: how the headings of its numbered articles begin a line, by article.
        legal: False: a specification, counted apart.
        note: what a reader must know of the text.
        beyond: the headings that would follow the last ones; a text that has one has more articles.
    """

    id: str
    title: Words
    number: str
    jurisdiction: str
    since: date | None
    until: date | None
    sha256: str
    articles: tuple[str, ...]
    headings: Mapping[str, str]
    legal: bool
    note: Words | None
    beyond: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Citation:
    """Where a requirement stands.

    Attributes:
        article: ``第二十条``, ``附件3注5``; of a specification the address of the section.
        original: the sentence as printed, without line breaks; ``……`` where something between was left out.
        difference: what this text asks for that the row's own does not, or the other way round.
        binding: False: the text only encourages or allows; it makes the requirement apply nowhere.
    """

    document: str
    article: str
    jurisdiction: str
    original: str
    difference: Words | None = None
    binding: bool = True
    since: date | None = None
    until: date | None = None

    def state(self, stack: Collection[str], day: date) -> State:
        """Return whether it holds on a day where these jurisdictions do."""
        if self.jurisdiction != EVERYWHERE and self.jurisdiction not in stack:
            return "elsewhere"
        if self.since is not None and day < self.since:
            return "not-yet"
        return "expired" if self.until is not None and day > self.until else "applies"


@dataclass(slots=True, frozen=True)
class Exclusion:
    """Articles that no requirement is drawn from, and why."""

    document: str
    articles: tuple[str, ...]
    reason: Words


@dataclass(slots=True, frozen=True)
class Requirement:
    """One row.

    Attributes:
        id: ``"CQ49附3.5"``; a name, not a citation.
        topic: letter of its group, a key of ``TOPICS``.
        title: what it asks for, in our words.
        citations: its own first, then where else the same duty stands.
        methods: how it is shown; with several, each has to be.
        organisational: a duty of the organisation: a gateway can only hold the evidence.
        critical: it protects patients or the core of the law; a failure caps the score.
        reason: why no machine tests it; None where one does.
        attest: what an assessor must have seen; None where nobody needs to.
        advice: what to do about a failure.
    """

    id: str
    topic: str
    title: Words
    citations: tuple[Citation, ...]
    methods: tuple[Method, ...]
    organisational: bool
    critical: bool
    reason: Words | None
    attest: Words | None
    advice: Words

    @property
    def document(self) -> str:
        """The document of the row's own citation."""
        return self.citations[0].document

    @property
    def article(self) -> str:
        """The article of the row's own citation."""
        return self.citations[0].article

    @property
    def original(self) -> str:
        """The sentence of the row's own citation, as printed."""
        return self.citations[0].original

    @property
    def also(self) -> tuple[Citation, ...]:
        """Where else the same duty stands."""
        return self.citations[1:]

    @property
    def automatic(self) -> bool:
        """Whether the row promises that at least one check tests it."""
        return "automatic" in self.methods

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Where it binds, sorted; a national duty (``cn``) binds in every province too."""
        return tuple(sorted({one.jurisdiction for one in self.citations if one.binding}))


@dataclass(slots=True, frozen=True)
class Catalogue:
    """All rows.

    Attributes:
        sha256: of the files it was read from: what a report names.
    """

    documents: Mapping[str, Document]
    requirements: Mapping[str, Requirement]
    exclusions: tuple[Exclusion, ...]
    sha256: str

    @property
    def legal(self) -> tuple[Requirement, ...]:
        """The rows drawn from the law: those that coverage counts."""
        return tuple(one for one in self.requirements.values() if self.documents[one.document].legal)

    @property
    def technical(self) -> tuple[Requirement, ...]:
        """The rows of the technical basis: reported in a section of their own."""
        return tuple(one for one in self.requirements.values() if not self.documents[one.document].legal)

    def of(self, jurisdictions: Collection[str]) -> tuple[Requirement, ...]:
        """Return the rows that bind in one of these jurisdictions on any day, and the technical basis."""
        wanted = {*jurisdictions, EVERYWHERE}
        return tuple(one for one in self.requirements.values() if wanted.intersection(one.jurisdictions))

    def state(self, requirement: str | Requirement, stack: Collection[str], day: date) -> State:
        """Return whether a row holds on a day where these jurisdictions do, and if not, why.

        Of several binding texts the one nearest to force counts: in force, not yet, expired, elsewhere.

        Raises:
            KeyError: there is no such row.
        """
        row = requirement if isinstance(requirement, Requirement) else self.requirements[requirement]
        states = {one.state(stack, day) for one in row.citations if one.binding}
        ranked: tuple[State, ...] = ("applies", "not-yet", "expired")
        return next((one for one in ranked if one in states), "elsewhere")

    def applies(self, requirement: str | Requirement, stack: Collection[str], day: date) -> bool:
        """Return whether a row holds on a day where these jurisdictions do.

        Raises:
            KeyError: there is no such row.
        """
        return self.state(requirement, stack, day) == "applies"
