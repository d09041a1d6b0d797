"""Examples: for the help of every command, with the settings that it reads."""

from __future__ import annotations

_MAPS = "[mapping] root, codes"
_TERMS = "[terminology] file; [store] url"
_CLIENTS = "[api] clients; [store] url"
_INBOX = "[store] url, synchronous; " + _MAPS

COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "qiao demo": (
        "",
        ("qiao demo", "qiao demo --once --json --dir day", "qiao demo --target target.yaml --dir day"),
    ),
    "qiao serve": (
        '[store], [api], [pipeline], [mapping], [bulk], [adapters."…"]',
        (
            "qiao serve",
            "qiao serve --store sqlite:////var/lib/qiao/qiao.db --port 8090",
            "qiao serve --store postgresql://qiao@db.example/qiao",
            "qiao serve --config qiao.toml",
        ),
    ),
    "qiao client": ("", ()),
    "qiao client add": (
        _CLIENTS,
        (
            "qiao client add his --role write",
            "qiao client add health-commission --role regulator --expires 365d --note 'ticket 4711'",
            "qiao client add lab --role read --tenant east --json | jq -r .token",
        ),
    ),
    "qiao client list": (_CLIENTS, ("qiao client list --json",)),
    "qiao client revoke": (_CLIENTS, ("qiao client revoke his",)),
    "qiao convert": (
        _MAPS,
        (
            "qiao convert messages.hl7 -o out.ndjson",
            "qiao convert messages.hl7 --as message --source -o out.ndjson",
            "cat messages.hl7 | qiao convert - > out.ndjson",
        ),
    ),
    "qiao validate": ("[validation]", ("qiao validate bundle.json", "qiao validate out.ndjson --json")),
    "qiao send": ("", ()),
    "qiao send hl7": ("", ("qiao send hl7 messages.hl7 --to 127.0.0.1:2575",)),
    "qiao send astm": (
        "",
        (
            "qiao send astm results.astm --to 127.0.0.1:2580",
            "qiao send astm query.astm --to 127.0.0.1:2580 --answers 1",
            "qiao send astm results.astm --to /dev/ttyUSB0 --speed 9600",
        ),
    ),
    "qiao send xml": (
        "",
        (
            "qiao send xml messages --to http://127.0.0.1:8090/",
            "qiao send xml a.xml --to http://127.0.0.1:8090/ --soap 1.1 --service PatientInfoRegister",
        ),
    ),
    "qiao export": (
        "",
        (
            "qiao export --from http://127.0.0.1:8080/fhir -o all",
            "qiao export --from https://HOST/fhir -o new --type Patient --since 2026-03-01T08:00:00.123456Z",
            "qiao export --from https://HOST/fhir -o new --resume --token-file token.txt",
        ),
    ),
    "qiao import": (
        "[store] url, synchronous; [validation]",
        (
            "qiao import all/*.ndjson --to http://127.0.0.1:8080/fhir",
            "qiao import patients.ndjson.gz --store sqlite:///qiao.db",
        ),
    ),
    "qiao inbox": ("", ()),
    "qiao inbox list": (
        "[store] url, synchronous",
        ("qiao inbox list --state quarantined", "qiao inbox list --json --limit 1000 | jq -r .reason"),
    ),
    "qiao inbox show": (
        _INBOX,
        ("qiao inbox show 019cb80212a07000a1b2c3d4e5f60718", "qiao inbox show ID --account --json"),
    ),
    "qiao inbox replay": (
        _INBOX,
        ("qiao inbox replay --quarantined", "qiao inbox replay --all --since 7d --dry-run"),
    ),
    "qiao mapping": ("", ()),
    "qiao mapping check": (_MAPS, ("qiao mapping check", "qiao mapping check --maps my-maps --json")),
    "qiao mapping coverage": (
        "",
        ("qiao mapping coverage 'PV1[Encounter]' --excluded",),
    ),
    "qiao mapping seed": ("", ("qiao mapping seed 'TXA[DocumentReference]'",)),
    "qiao mapping translate": (_MAPS, ("qiao mapping translate administrative-sex 2",)),
    "qiao mapping gaps": (_INBOX, ("qiao mapping gaps --sender his",)),
    "qiao mapping diff": (
        _INBOX,
        (
            "qiao mapping diff --maps new-maps --since 7d",
            "qiao mapping diff --maps new-maps old.hl7 --json",
        ),
    ),
    "qiao conformance": (
        "",
        (
            "qiao conformance run --target http://127.0.0.1:8080/fhir --report report",
            "qiao conformance run --target target.yaml --jurisdiction cn-chongqing --report report",
            "qiao conformance compare last-year report",
            "qiao conformance verify report",
        ),
    ),
    "qiao terminology": ("", ()),
    "qiao terminology import": (
        _TERMS,
        (
            "qiao terminology import icd10.csv --system urn:oid:2.16.156.10011.2.3.3.11 --version 2.0",
            "qiao terminology import Loinc.csv --version 2.78",
            "qiao terminology import own-value-sets.json",
        ),
    ),
    "qiao terminology list": (_TERMS, ("qiao terminology list --json",)),
    "qiao terminology lookup": (_TERMS, ("qiao terminology lookup http://loinc.org 2345-7",)),
    "qiao profiles": ("", ()),
    "qiao profiles list": ("", ("qiao profiles list",)),
    "qiao profiles package": ("", ("qiao profiles package -o qiao.profiles.tgz",)),
    "qiao policy": ("", ()),
    "qiao policy check": ("", ("qiao policy check", "qiao policy check --packs packs --json")),
    "qiao policy list": ("", ("qiao policy list --jurisdiction cn-chongqing --day 2026-03-06",)),
    "qiao policy explain": ("", ("qiao policy explain nat-20-forbidden-drug",)),
    "qiao policy coverage": ("", ("qiao policy coverage --json",)),
    "qiao signature": ("", ()),
    "qiao signature verify": (
        "[signatures]",
        (
            "qiao signature verify visit.json signature.json --trust ca/trust.pem",
            "qiao signature verify feed.json --config qiao.toml --json",
        ),
    ),
    "qiao signature sign": (
        "[signatures]",
        ("qiao signature sign visit.json --keys ca/keys --key physician --who Practitioner/w1",),
    ),
    "qiao signature canonical": ("", ("qiao signature canonical visit.json | sha256sum",)),
    "qiao signature demo-ca": (
        "",
        ("qiao signature demo-ca ca", "qiao signature demo-ca ca --algorithm ES256"),
    ),
    "qiao feed": ("", ()),
    "qiao feed receivers": ("[store] url", ("qiao feed receivers", "qiao feed receivers --json")),
    "qiao feed told": (
        "[store] url",
        ("qiao feed told MedicationRequest/m1", "qiao feed told CQP00099010100120260306000001X --json"),
    ),
    "qiao feed dead": ("", ()),
    "qiao feed dead list": ("[store] url", ("qiao feed dead list platform --held",)),
    "qiao feed dead show": ("[store] url", ("qiao feed dead show platform 4711",)),
    "qiao feed dead retry": (
        "[store] url",
        ("qiao feed dead retry platform 4711", "qiao feed dead retry platform --all"),
    ),
    "qiao feed dead drop": (
        "[store] url",
        ("qiao feed dead drop platform 4711 --reason 'sent on paper, ticket 99'",),
    ),
    "qiao feed status": ("[store] url", ("qiao feed status", "qiao feed status --tenant east --json")),
    "qiao feed verify": (
        "[store] url; [signatures] trust",
        (
            "qiao feed verify --store sqlite:////var/lib/qiao/qiao.db --json",
            "qiao feed verify --config qiao.toml --heads countersigned.ndjson",
            "qiao feed verify feed.ndjson --trust ca.pem --heads countersigned.ndjson",
        ),
    ),
    "qiao feed head": ("[store] url", ("qiao feed head > head.json", "qiao feed head --size 1024")),
    "qiao feed proof": (
        "[store] url",
        (
            "qiao feed proof --serial CQP000990101001202603060000017K > proof.json",
            "qiao feed proof --check proof.json --body group.json --body drug.json",
            "qiao feed proof --from 1024",
        ),
    ),
    "qiao feed countersign": (
        "[signatures]; [store] url",
        (
            "qiao feed countersign head.json --keys keys --key inspector > signed.json",
            "qiao feed countersign signed.json --keep health-commission --config qiao.toml",
        ),
    ),
    "qiao feed pull": (
        "",
        ("qiao feed pull --from https://HOST/feed/default -o feed.ndjson --token-file token.txt",),
    ),
    "qiao feed purge": (
        "[store] url; [tenants.NAME] jurisdiction, packs, parameters",
        (
            "qiao feed purge CQP000990101001202603060000017K --dry-run --config qiao.toml",
            "qiao feed purge Media/m1 Composition/r1 --reason 'list of 2041, ticket 4711' --json",
        ),
    ),
    "qiao feed reconcile": (
        "[store] url; [supervision.NAME.sources.X]",
        (
            "qiao feed reconcile",
            "qiao feed reconcile --ask --config qiao.toml",
            "qiao feed reconcile --day 2026-03-06 --json",
            "qiao feed reconcile --from 2026-03-01 --to 2026-03-31 --csv > march.csv",
        ),
    ),
    "qiao feed counts": ("", ()),
    "qiao feed counts add": (
        "[store] url",
        (
            "qiao feed counts add --day 2026-03-06 --kind prescription --source his --count 128",
            "qiao feed counts add --day 2026-03-06 --kind exam --source lis E1001 E1002",
            "qiao feed counts add --day 2026-03-06 --kind prescription --receiver platform --count 128",
        ),
    ),
    "qiao feed counts import": ("[store] url", ("qiao feed counts import counts.csv --source his",)),
    "qiao feed counts list": ("[store] url", ("qiao feed counts list --day 2026-03-06 --json",)),
    "qiao feed measure": (
        "[store] url",
        (
            "qiao feed measure --list",
            "qiao feed measure --period 2026-Q1",
            "qiao feed measure prescriptions --period 2026-03 --json > report.json",
        ),
    ),
    "qiao feed evidence": (
        "[store] url; [tenants.NAME] jurisdiction",
        ("qiao feed evidence --config qiao.toml",),
    ),
    "qiao feed findings": ("[store] url", ("qiao feed findings", "qiao feed findings --all --json")),
    "qiao cda": ("", ()),
    "qiao cda check": (
        "",
        (
            "qiao cda check documents/ --schemas wst500-xsd.tar.xz",
            "qiao cda check C0004.xml --schemas xsd/ --json",
        ),
    ),
    "qiao cda write": (
        "[mapping] root, [tenants]",
        (
            "qiao cda write --type C0004 --from bundle.json -o C0004.xml",
            "qiao cda write --type C0007 --from http://127.0.0.1:8080/fhir/DiagnosticReport/ID",
        ),
    ),
    "qiao match": ("", ()),
    "qiao match list": ("[store] url", ("qiao match list", "qiao match list --all --json")),
    "qiao match show": ("[store] url", ("qiao match show ID",)),
    "qiao match accept": (
        "[store] url",
        (
            'qiao match accept ID --reason "same phone, checked at the desk"',
            "qiao match accept ID --survivor Patient/ID",
        ),
    ),
    "qiao match undo": ("[store] url", ("qiao match undo ID", "qiao match undo Patient/ID")),
    "qiao match reject": ("[store] url", ('qiao match reject ID --reason "twins"',)),
    "qiao critical": ("", ()),
    "qiao critical list": ("[store] url", ("qiao critical list", "qiao critical list --all --json")),
    "qiao critical show": ("[store] url", ("qiao critical show ID",)),
    "qiao critical acknowledge": (
        "[store] url",
        ('qiao critical acknowledge ID --by 李护士 --reported-by 王敏 --read-back "血钾 6.8 mmol/L"',),
    ),
    "qiao critical rules": ("[laboratory] critical_rules", ("qiao critical rules",)),
    "qiao adapter": ("", ()),
    "qiao adapter list": ("", ("qiao adapter list",)),
    "qiao adapter run": (
        '[store], [pipeline], [mapping], [adapters."…"]',
        ("qiao adapter run his/sql_view --config qiao.toml",),
    ),
    "qiao adapter template": (
        "[mapping] root",
        (
            "qiao adapter template his/sql_view --dialect mysql > views.sql",
            "qiao adapter template his/sql_view --dialect oracle --view prescription --as table --lang zh",
        ),
    ),
    "qiao db": ("", ()),
    "qiao db status": ("[store] url", ("qiao db status", "qiao db status --json --config qiao.toml")),
    "qiao db upgrade": (
        "[store] url",
        (
            "qiao db upgrade --config qiao.toml",
            "PGPASSWORD=… qiao db upgrade --store postgresql://qiao@db.example/qiao",
        ),
    ),
    "qiao doctor": (
        '[store], [api], [mapping], [adapters."…"]',
        ("qiao doctor", "qiao doctor --config qiao.toml --json"),
    ),
}
"""Command → the settings that it reads, and examples; a command that only groups others has neither."""
