"""Words of `qiao signature`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "signature": ("electronic signatures under documents", "文书的电子签名"),
    "signature.verify": (
        "verify the signatures of Provenances over the documents in the files",
        "校验文件中各 Provenance 对文书的签名",
    ),
    "signature.sign": (
        "sign documents with a key of the settings and print the Provenance",
        "用配置中的密钥签署文书，输出 Provenance",
    ),
    "signature.canonical": (
        "print the bytes that a signature over the documents covers",
        "输出签名所覆盖的字节",
    ),
    "signature.demo-ca": (
        "make an authority and keys for demonstrations and tests",
        "生成演示和测试用的证书机构与密钥",
    ),
    "signature.files": (
        "resources, Bundles or NDJSON in JSON; - for standard input",
        "JSON 资源、Bundle 或 NDJSON 文件；- 表示标准输入",
    ),
    "signature.at": (
        "judge revocations as of this time (default: now)",
        "按此时刻判断证书是否已吊销（默认当前）",
    ),
    "signature.trust": (
        "certificates of authorities (default: [signatures] trust)",
        "受信任机构的证书（默认取 [signatures] trust）",
    ),
    "signature.keys": (
        "folder with keys (default: [signatures] keys)",
        "密钥目录（默认取 [signatures] keys）",
    ),
    "signature.key": ("name of the key", "密钥名称"),
    "signature.who": ("who signs: Practitioner/ID", "签署人：Practitioner/ID"),
    "signature.purpose": (
        "author: the physician's; review: the pharmacist's (default: author)",
        "author：医师签名；review：药师审核签名（默认 author）",
    ),
    "signature.folder": ("folder to make, or to add signers to", "要生成的目录，或向其中添加签署人"),
    "signature.algorithm": ("SM2 (default), ES256 or RS256", "SM2（默认）、ES256 或 RS256"),
    "signature.signer": (
        "key name, person's name and number, once per signer (default: a physician and a pharmacist)",
        "密钥名称、姓名和编号，每个签署人一次（默认一名医师和一名药师）",
    ),
    "signature.organization": ("name and number of the hospital", "机构名称和编号"),
    "signature.good": (
        "{name}: good, {who}, {when}, {algorithm}, {count} documents",
        "{name}：有效，{who}，{when}，{algorithm}，{count} 份文书",
    ),
    "signature.bad": ("{name}: not good ({code}): {why}", "{name}：无效（{code}）：{why}"),
    "signature.none": (
        "there is no Provenance with a signature in the files",
        "文件中没有带签名的 Provenance",
    ),
    "signature.unread": ("holds no FHIR resource in JSON", "不是 JSON 格式的 FHIR 资源"),
    "signature.outdated": (
        "{file}: the revocation list should have been renewed",
        "{file}：吊销列表已过更新时间",
    ),
    "signature.made": (
        "made in {folder}: trust.pem, revoked.pem, keys of {count} signers; for demonstrations only",
        "已在 {folder} 中生成 trust.pem、revoked.pem 和 {count} 个签署人的密钥；仅供演示",
    ),
}
