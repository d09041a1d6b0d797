"""Native invariants of the resources that the gateway makes and meets most."""

from __future__ import annotations

from typing import Any

from gateway.validation.invariants.moments import after
from gateway.validation.invariants.native import holds, there, typed

Value = dict[str, Any]

TERMS = "http://terminology.hl7.org/CodeSystem/"


def _coded(concept: Any, system: str, *codes: str) -> bool:
    codings = concept.get("coding", ()) if concept else ()
    return any(one.get("system") == TERMS + system and one.get("code") in codes for one in codings)


@holds("text.`div`.exists()")
def dom_6(v: Value, _: Any) -> bool:
    """A resource has a narrative: best practice only."""
    return "text" in v and there(v["text"], "div")


@holds("dataAbsentReason.empty() or value.empty()", "dataAbsentReason")
def obs_6(v: Value, _: Any) -> bool:
    """Data that is absent has no value."""
    return not typed(v, "value")


@holds(
    "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()",
    "component",
)
def obs_7(v: Value, _: Any) -> bool:
    """No component repeats the code of an Observation that has a value."""
    own = v.get("code", {}).get("coding", ())
    if not own or not typed(v, "value"):
        return True
    return not any(one in own for part in v["component"] for one in part.get("code", {}).get("coding", ()))


@holds("low.exists() or high.exists() or text.exists()")
def obs_3(v: Value, _: Any) -> bool:
    """A reference range has an end or a text."""
    return "low" in v or "high" in v or there(v, "text")


@holds("(identifier.count() + name.count()) > 0")
def org_1(v: Value, _: Any) -> bool:
    """An organization has a name or an identifier."""
    return "identifier" in v or there(v, "name")


@holds("name.exists() or telecom.exists() or address.exists() or organization.exists()")
def pat_1(v: Value, _: Any) -> bool:
    """A patient's contact is somebody."""
    return "name" in v or "telecom" in v or "address" in v or "organization" in v


@holds("summary.exists() or assessment.exists()")
def con_1(v: Value, _: Any) -> bool:
    """A stage has a summary or an assessment."""
    return "summary" in v or "assessment" in v


@holds("code.exists() or detail.exists()")
def con_2(v: Value, _: Any) -> bool:
    """Evidence has a code or a detail."""
    return "code" in v or "detail" in v


@holds(
    "clinicalStatus.exists() or verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/"
    "condition-ver-status' and code = 'entered-in-error').exists() or "
    "category.select($this='problem-list-item').empty()"
)
def con_3(v: Value, _: Any) -> bool:
    """A problem of the problem list has a clinical status: as R4 writes it, any category asks for one."""
    if "clinicalStatus" in v or _coded(
        v.get("verificationStatus"), "condition-ver-status", "entered-in-error"
    ):
        return True
    return "category" not in v


@holds(
    "abatement.empty() or clinicalStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/"
    "condition-clinical' and (code='resolved' or code='remission' or code='inactive')).exists()"
)
def con_4(v: Value, _: Any) -> bool:
    """What has abated is resolved, in remission or inactive."""
    return not typed(v, "abatement") or _coded(
        v.get("clinicalStatus"), "condition-clinical", "resolved", "remission", "inactive"
    )


@holds(
    "verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and "
    "code='entered-in-error').empty() or clinicalStatus.empty()",
    "clinicalStatus",
    "verificationStatus",
)
def con_5(v: Value, _: Any) -> bool:
    """What was entered in error has no clinical status."""
    return not _coded(v["verificationStatus"], "condition-ver-status", "entered-in-error")


@holds(
    "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/"
    "allergyintolerance-verification' and code = 'entered-in-error').exists() or clinicalStatus.exists()"
)
def ait_1(v: Value, _: Any) -> bool:
    """An allergy has a clinical status unless it was entered in error."""
    return "clinicalStatus" in v or _coded(
        v.get("verificationStatus"), "allergyintolerance-verification", "entered-in-error"
    )


@holds(
    "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/"
    "allergyintolerance-verification' and code = 'entered-in-error').empty() or clinicalStatus.empty()",
    "clinicalStatus",
    "verificationStatus",
)
def ait_2(v: Value, _: Any) -> bool:
    """What was entered in error has no clinical status."""
    return not _coded(v["verificationStatus"], "allergyintolerance-verification", "entered-in-error")


@holds("type.exists() or actor.exists()")
def app_1(v: Value, _: Any) -> bool:
    """A participant is somebody or a type."""
    return "type" in v or "actor" in v


@holds("start.exists() = end.exists()")
def app_2(v: Value, _: Any) -> bool:
    """Start and end, or neither."""
    return there(v, "start") == there(v, "end")


@holds("(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled' | 'waitlist'))")
def app_3(v: Value, _: Any) -> bool:
    """Only what is proposed, cancelled or waiting has no times."""
    return (there(v, "start") and there(v, "end")) or v.get("status") in ("proposed", "cancelled", "waitlist")


@holds(
    "Appointment.cancelationReason.exists() implies "
    "(Appointment.status='noshow' or Appointment.status='cancelled')",
    "cancelationReason",
)
def app_4(v: Value, _: Any) -> bool:
    """Only what is cancelled, or where nobody came, has a reason for it."""
    return v.get("status") in ("noshow", "cancelled")


@holds("participantType.exists() or actor.exists()")
def apr_1(v: Value, _: Any) -> bool:
    """A response is somebody's."""
    return "participantType" in v or "actor" in v


@holds("orderDetail.empty() or code.exists()", "orderDetail")
def prr_1(v: Value, _: Any) -> bool:
    """Details belong to a code."""
    return "code" in v


@holds("text.exists() or entry.exists() or section.exists()")
def cmp_1(v: Value, _: Any) -> bool:
    """A section has text, entries or sections."""
    return "text" in v or "entry" in v or "section" in v


@holds("emptyReason.empty() or entry.empty()", "emptyReason", "entry")
def cmp_2(v: Value, _: Any) -> bool:
    """A section is empty or has entries (also lst-1)."""
    return False


@holds(
    "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn",
    "lastModified",
    "authoredOn",
)
def task_1(v: Value, _: Any) -> bool:
    """A task was not modified before it was written."""
    return not after(v["authoredOn"], v["lastModified"])


@holds(
    "(part.exists() and value.empty() and resource.empty()) or (part.empty() and (value.exists() xor "
    "resource.exists()))"
)
def par_1(v: Value, _: Any) -> bool:
    """A parameter is a value, a resource or parts."""
    return ("part" in v) + typed(v, "value") + ("resource" in v) == 1


@holds("policy.exists() or policyRule.exists()")
def ppc_1(v: Value, _: Any) -> bool:
    """A consent names its policy."""
    return "policy" in v or "policyRule" in v


@holds(
    "whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared",
    "whenHandedOver",
    "whenPrepared",
)
def mdd_1(v: Value, _: Any) -> bool:
    """A medication is not handed over before it is prepared."""
    return not after(v["whenPrepared"], v["whenHandedOver"])


@holds("dose.exists() or rate.exists()")
def mad_1(v: Value, _: Any) -> bool:
    """A dosage has a dose or a rate."""
    return "dose" in v or typed(v, "rate")


@holds("documentType.exists() or reference.exists()")
def imm_1(v: Value, _: Any) -> bool:
    """Education is a document or a place."""
    return there(v, "documentType") or there(v, "reference")


@holds("resource.exists() != action.exists()")
def rqg_1(v: Value, _: Any) -> bool:
    """An action is a resource or further actions."""
    return ("resource" in v) != ("action" in v)


@holds("detail.empty() or reference.empty()", "detail", "reference")
def cpl_3(v: Value, _: Any) -> bool:
    """An activity is told here or elsewhere."""
    return False


@holds("member.empty() or (actual = true)", "member")
def grp_1(v: Value, _: Any) -> bool:
    """Only an actual group has members."""
    return v.get("actual") is True


@holds("age.empty() or born.empty()")
def fhs_1(v: Value, _: Any) -> bool:
    """Age or birth, not both."""
    return not (typed(v, "age") and typed(v, "born"))


@holds("(detail.exists() and measure.exists()) or detail.exists().not()")
def gol_1(v: Value, _: Any) -> bool:
    """A target's detail needs a measure."""
    return not typed(v, "detail") or "measure" in v


@holds("name.empty() or query.empty()", "name", "query")
def sev_1(v: Value, _: Any) -> bool:
    """An audited entity has a name or a query."""
    return False


def _patient_privacy(v: Value, code: str) -> bool:
    codings = v.get("scope", {}).get("coding", ())
    return "patient" in v or not any(
        one.get("system") == "something" and one.get("code") == code for one in codings
    )


def _consents() -> None:
    for code in ("patient-privacy", "research", "adr", "treatment"):
        expression = (
            f"patient.exists() or scope.coding.where(system='something' and code='{code}').exists().not()"
        )

        def check(v: Value, _: Any, code: str = code) -> bool:
            """As R4 writes it, only a scope of the system "something" asks for a patient (ppc-2 to ppc-5)."""
            return _patient_privacy(v, code)

        holds(expression, "scope")(check)


_consents()


@holds(
    "onBehalfOf.exists() implies (member.resolve().iif(empty(), true, ofType(Practitioner).exists()))",
    "onBehalfOf",
)
def ctm_1(v: Value, c: Any) -> bool:
    """Only a practitioner acts for an organization; a member who is not here is let pass."""
    to = v.get("member", {}).get("reference")
    member = c.resolve(to) if type(to) is str else None
    return member is None or member.get("resourceType") == "Practitioner"


@holds("age.exists() or estimatedAge.empty()", "estimatedAge")
def fhs_2(v: Value, _: Any) -> bool:
    """Only an age is estimated."""
    return typed(v, "age")


@holds("vaccineCode.exists() or targetDisease.exists()")
def imr_1(v: Value, _: Any) -> bool:
    """A recommendation is of a vaccine or against a disease."""
    return "vaccineCode" in v or "targetDisease" in v


@holds("category.exists() xor productOrService.exists()")
def ces_1(v: Value, _: Any) -> bool:
    """A benefit is of a category or a product."""
    return ("category" in v) != ("productOrService" in v)


@holds("mode = 'changes' or entry.deleted.empty()", "entry")
def lst_2(v: Value, _: Any) -> bool:
    """Only a list of changes deletes."""
    return v.get("mode") == "changes" or not any(there(one, "deleted") for one in v["entry"])


@holds("mode = 'working' or entry.date.empty()", "entry")
def lst_3(v: Value, _: Any) -> bool:
    """Only a working list dates its entries."""
    return v.get("mode") == "working" or not any(there(one, "date") for one in v["entry"])


@holds("item.count()>1")
def lnk_1(v: Value, _: Any) -> bool:
    """A linkage links two or more."""
    return len(v.get("item", ())) > 1


@holds("oralDiet.exists() or supplement.exists() or enteralFormula.exists()")
def nor_1(v: Value, _: Any) -> bool:
    """A nutrition order orders something."""
    return "oralDiet" in v or "supplement" in v or "enteralFormula" in v


@holds("probability is decimal implies (probability as decimal) <= 100", "probabilityDecimal")
def ras_2(v: Value, _: Any) -> bool:
    """A probability is 100 per cent at most; where there is none, nothing is wrong."""
    return bool(v["probabilityDecimal"] <= 100)
