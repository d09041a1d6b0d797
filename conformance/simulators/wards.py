"""Owns the fictional hospital: departments, wards, beds and staff."""

from __future__ import annotations

from dataclasses import dataclass, field

AUTHORITY = "DQRM"
"""Assigning authority of every number that the hospital gives out (渡桥市人民医院, fictional)."""

HOSPITAL = "渡桥市人民医院"


@dataclass(slots=True, frozen=True)
class Staff:
    """An employee: number, Chinese family and given name."""

    number: str
    family: str
    given: str

    @property
    def name(self) -> str:
        """The whole Chinese name, family name first."""
        return self.family + self.given


@dataclass(slots=True, frozen=True)
class Department:
    """A department by its clinical subject (诊疗科目): code, name, ward (``""`` = no beds), physicians."""

    code: str
    name: str
    ward: str
    physicians: tuple[Staff, ...]

    @property
    def ward_name(self) -> str:
        """What the sign at the ward's door says."""
        return f"{self.name}病区"


def _staff(prefix: str, names: str) -> tuple[Staff, ...]:
    return tuple(
        Staff(f"{prefix}{order:02d}", name[0], name[1:]) for order, name in enumerate(names.split(), start=1)
    )


def _department(code: str, name: str, ward: str, physicians: str) -> Department:
    return Department(code, name, ward, _staff("D" + code.replace(".", "").ljust(4, "0"), physicians))


DEPARTMENTS = {
    department.code: department
    for department in (
        _department("03.01", "呼吸内科", "W0301", "顾清和 秦若兰 蒋思齐"),
        _department("03.02", "消化内科", "W0302", "陆怀瑾 苏慕云 贺知秋"),
        _department("03.03", "神经内科", "W0303", "程远志 叶静姝 白景行"),
        _department("03.04", "心血管内科", "W0304", "严守正 温如玉 石敬之"),
        _department("03.07", "内分泌科", "W0307", "方以宁 康明哲"),
        _department("04.01", "普通外科", "W0401", "雷震东 祝长安 施一帆"),
        _department("04.03", "骨科", "W0403", "铁广山 万里程"),
        _department("04.04", "泌尿外科", "W0404", "江河清 尹默然"),
        _department("05.02", "产科", "W0502", "安素问 柳若眉"),
        _department("07", "儿科", "W0700", "童乐山 宁采薇"),
        _department("07.01", "新生儿科", "W0701", "童心悦 白芷兰"),
        _department("11", "耳鼻喉科", "", "闻天声 喻子期"),
        _department("13", "皮肤科", "", "容若水"),
        _department("20", "急诊医学科", "", "常备之 马力行 夏安澜"),
        _department("50", "中医科", "", "岐山远 葛稚川"),
    )
}

PHARMACISTS = _staff("Y", "钟灵毓 卓文清 钱本草 丁香凝")
TECHNICIANS = _staff("J", "庄严明 毕克定 莫测微")
LABORATORY_PHYSICIANS = _staff("JD", "殷鉴明 葛青筠")
RADIOLOGISTS = _staff("F", "明察远 詹台镜 洪纤微 简照影")
SONOGRAPHERS = _staff("C", "云知声 卞回波 阮听澜")
NURSES = _staff("N", "柏舟 桑榆晚 楚白芷 田青禾")
CLERKS = _staff("A", "史簿闻 邱登记")


@dataclass(slots=True)
class Beds:
    """Gives out beds, one patient each; ``taken`` counts them by ward."""

    taken: dict[str, int] = field(default_factory=dict)

    def take(self, department: Department) -> tuple[str, str]:
        """Return the next free (room, bed) of the department's ward, three beds to a room."""
        order = self.taken.get(department.ward, 0)
        self.taken[department.ward] = order + 1
        return f"{3 + order // 30}{1 + order // 3 % 10:02d}", f"{order + 1:02d}"
