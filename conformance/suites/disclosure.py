"""Disclosure: what a hospital tells the public, what it charges, and what it lets be supervised.

CQ49 article 3(3), SC article 39, YN article 45.
"""

from __future__ import annotations

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.client import Client
from conformance.harness.gate.cast import Cast
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene, ground
from conformance.harness.target import Identity
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.internet import hospital
from conformance.simulators.jws import place
from conformance.simulators.people import resident_id

SUITE = Suite("disclosure", zh="信息公开与接受监督", en="Disclosure and supervision")
_NUMBERS = "identifier.value"
_PUBLISHED = {
    "institution-name": ("organization", "name", Words("公开机构名称", "the institution's name is public")),
    "institution-grade": ("hospital", "", Words("公开机构等级", "the hospital's grade is public")),
    "institution-licence": ("organization", _NUMBERS,
                            Words("公开执业许可证号", "the institution's licence number is public")),
    "physician-name": ("physician", "name.text", Words("公开医师姓名", "the physicians' names are public")),
    "physician-scope": ("physician", "qualification.code.text",
                        Words("公开医师执业范围", "the physicians' scope of practice is public")),
    "physician-certificate": ("physician", _NUMBERS,
                              Words("公开医师执业证书编号", "the physicians' certificates are public")),
}  # fmt: skip
"""What is public → whose it is, and where it stands; where the grade does, only the target can say."""


def public(run: Run) -> Client:
    """Return somebody of the public: the identity ``public``, else nobody in particular."""
    base = str(run.target.setting("disclosure.base", ""))
    identity = run.target.identities.get("public") or Identity("public", base=base)
    return Client(run.session.line, identity, run)


@checks([Case(name, "CQ49-3.3", words, (role, path)) for name, (role, path, words) in _PUBLISHED.items()])
def published(run: Run, role: str, path: str) -> None:
    """Read as the public what is on file of the institution or a physician."""
    path = path or str(run.target.setting("disclosure.grade", ""))
    if not path:
        raise Skipped(
            "目标未声明等级写在何处（settings.disclosure.grade）",
            "the target does not say where the grade stands (settings.disclosure.grade)",
        )
    name = Scene(run).who(role)
    known = _known(run, name, path)
    run.step("公众查询", "the public asks")
    answer = public(run).get(name)
    run.done(answer, "公众无需登录即可查到", "the public reads it without a login")
    shown = set(map(str, each(answer.body, path)))
    run.expect(bool(shown) and shown <= known, "内容与备案一致", "it is what is on file", len(shown))


def _known(run: Run, name: str, path: str) -> set[str]:
    """Return what the harness put on file; what it did not, as the target itself has it."""
    scene = Scene(run)
    put = [scene.local(one) for one in hospital.on_file(run.session.today)] if run.target.has("seed") else []
    said = {str(value) for one in put if place(one) == name for value in each(one, path)}
    if said:
        return said
    answer = run.given(run.client().get(name), "读取备案资料", "what is on file is read")
    return set(map(str, each(answer.body, path)))


@check("CQ49-3.3", zh="公开互联网诊疗服务范围", en="the scope of the internet services is public")
def scope(run: Run) -> None:
    """Search, as the public, what services the institution offers."""
    name = Scene(run).who("organization")
    answer = public(run).get(f"HealthcareService?organization={name}")
    run.done(answer, "公众无需登录即可查到", "the public reads it without a login")
    subjects = list(each(answer.entries, "specialty.coding.code"))
    run.expect(bool(subjects), "列出诊疗科目", "it lists clinical subjects", len(subjects))


@check("CQ49-3.3", zh="公开信息中不含身份证号", en="no ID number is among what is public", needs=("seed",))
def no_id_number(run: Run) -> None:
    """Read, as the public, a physician of whom the resident ID is on file."""
    cast = Cast(run, {}, ("physician",), "")
    number = resident_id("990101", run.session.today.replace(year=1980), 57)
    physician = cast.parts["Physician"]
    physician["identifier"] = [
        *physician["identifier"],
        {"system": "urn:oid:2.16.156.10011.1.3", "value": number},
    ]
    # With the role: who works nowhere is nobody whom an institution tells the public of.
    for one in (physician, *cast.of("PhysicianRole")):
        run.wrote(one)
        run.given(run.client().put(one), "登记含身份证号的医师", "a physician with a resident ID is on file")
    answer = public(run).get(f"Practitioner/{physician['id']}")
    run.given(answer, "公众无需登录即可查到", "the public reads it without a login")
    shown = answer.body.get("name") == physician["name"]
    run.expect(shown, "显示该医师", "the physician is shown", answer)
    run.expect(number.encode() not in answer.raw, "不含身份证号", "the resident ID is not in it")
    by_number = public(run).get(f"Practitioner?identifier={number}")
    run.expect(
        not by_number.entries,
        "不能以身份证号查到本人",
        "nobody is found by a resident ID",
        len(by_number.entries),
    )


@check("SC-39.2", zh="公示服务价格", en="prices are public", needs=("seed",))
def prices(run: Run) -> None:
    """Put a price on file, and read it as the public."""
    price = {
        "resourceType": "ChargeItemDefinition", "id": f"price-{run.number}", "status": "active",
        "url": f"urn:qiao:conformance:price:{run.number}", "title": "互联网复诊",
        "propertyGroup": [{"priceComponent": [{"type": "base", "amount": {"value": 10, "currency": "CNY"}}]}],
    }  # fmt: skip
    run.wrote(price)
    run.given(run.client().put(price), "登记服务价格", "a price is on file")
    answer = public(run).get(f"ChargeItemDefinition/{price['id']}")
    run.done(answer, "公众无需登录即可查到价格", "the public reads the price without a login")
    amounts = list(each(answer.body, "propertyGroup.priceComponent.amount.value"))
    run.expect(bool(amounts), "含金额", "it says an amount", len(amounts))


@check(
    "SC-39.2",
    zh="费用只能由接诊互联网医院收取",
    en="nobody but the receiving hospital charges",
    needs=("seed",),
)
def payee(run: Run) -> None:
    """Bill a visit for the hospital, and for a company."""
    scene = Scene(run).begun()
    bill = {
        "resourceType": "Invoice", "status": "issued", "subject": {"reference": scene.patient},
        "totalNet": {"value": 10, "currency": "CNY"},
    }  # fmt: skip
    ours = {**bill, "id": f"bill-{run.number}p", "issuer": {"reference": scene.who("organization")}}
    run.wrote(ours)
    run.given(run.client().put(ours), "接诊医院收费", "the hospital bills the visit")
    theirs = {**bill, "id": f"bill-{run.number}b", "issuer": {"reference": "Organization/ih-partner"}}
    run.wrote(theirs)
    run.refused(run.client().put(theirs), "第三方收费被拒绝", "a bill of a third party is refused")


@check(
    "YN-45",
    zh="监管方可查到使用中的设备与软件清单",
    en="the authority finds an inventory of devices and software in use",
)
def inventory(run: Run) -> None:
    """Search the devices as the authority."""
    ground(run)
    run.need("on_file.device")
    name = run.target.on_file["device"]
    who = "regulator" if "identities.regulator" in run.target.capabilities else "operator"
    answer = run.client(who).get(f"Device?_id={name.partition('/')[2]}")
    run.done(answer, "监管方查询设备", "the authority searches devices")
    found = [f"Device/{one.get('id')}" for one in answer.entries]
    run.expect(name in found, "清单中有该设备", "the device is in the inventory", len(found))
    named = list(each(answer.entries, "deviceName.name"))
    run.expect(bool(named), "载明设备名称", "the inventory says what it is called", len(named))


@check(
    "YN-45",
    zh="清单之外的设备不得作为数据来源",
    en="a device that is not in the inventory is no source of data",
    needs=("seed",),
)
def unlisted(run: Run) -> None:
    """Write a measurement of a device on file, and of one that is not."""
    scene = Scene(run).begun()
    measured = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": scene.patient},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": f"{run.session.today}", "valueQuantity": {"value": 72, "unit": "次/分"},
    }  # fmt: skip
    known = {**measured, "id": f"o{run.number}p", "device": {"reference": scene.who("device")}}
    run.wrote(known)
    run.given(run.client().put(known), "在册设备的数据", "a measurement of a device on file is written")
    strange = {**measured, "id": f"o{run.number}b", "device": {"reference": f"Device/nobody-{run.number}"}}
    run.wrote(strange)
    run.refused(
        run.client().put(strange), "清单外设备的数据被拒绝", "a measurement of an unlisted device is refused"
    )
    status = run.client().get(f"Observation/{strange['id']}").status
    run.expect(status in (404, 410), "数据未入库", "it is not on file", same(str(status)))
