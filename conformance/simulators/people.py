"""Owns the fictional patients: names, resident IDs (GB 11643) of regions that do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

REGIONS = ("990101", "990102")
"""Administrative division codes that GB/T 2260 does not assign: nobody can own such an ID."""

_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))


def _names(text: str) -> tuple[tuple[str, str], ...]:
    """Part ``王Wang 李Li`` into (汉字, pinyin)."""
    entries = text.split()
    cuts = [next(place for place, letter in enumerate(entry) if letter.isascii()) for entry in entries]
    return tuple((entry[:cut], entry[cut:]) for entry, cut in zip(entries, cuts, strict=True))


_FAMILY = _names("""
王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 赵Zhao 黄Huang 周Zhou 吴Wu 徐Xu 孙Sun 胡Hu 朱Zhu 高Gao 林Lin
何He 郭Guo 马Ma 罗Luo 梁Liang 宋Song 郑Zheng 谢Xie 韩Han 唐Tang 冯Feng 于Yu 董Dong 萧Xiao 程Cheng 曹Cao
袁Yuan 邓Deng 许Xu 傅Fu 沈Shen 曾Zeng 彭Peng 吕Lü 欧阳Ouyang 司马Sima 诸葛Zhuge 单Shan 覃Qin 仝Tong
""")
_GIVEN_MALE = _names("""
建国Jianguo 志强Zhiqiang 伟Wei 浩然Haoran 子轩Zixuan 国栋Guodong 明Ming 德胜Desheng 俊杰Junjie 磊Lei
喆Zhe 永福Yongfu 文博Wenbo 少华Shaohua 宇航Yuhang 堃Kun 长海Changhai 一鸣Yiming 振邦Zhenbang 嘉懿Jiayi
""")
_GIVEN_FEMALE = _names("""
秀英Xiuying 丽Li 雨桐Yutong 淑珍Shuzhen 芳Fang 晓燕Xiaoyan 玉兰Yulan 静怡Jingyi 思涵Sihan 桂香Guixiang
珺Jun 婷婷Tingting 美玲Meiling 梦瑶Mengyao 红梅Hongmei 㛃Jie 若溪Ruoxi 春华Chunhua 素芬Sufen 佳宁Jianing
""")
_STREETS = ("石桥路", "渡口街", "永济巷", "望江路", "长虹街", "彩虹桥北路", "安澜里", "广济大道")
_ETHNIC = ("01汉族",) * 9 + ("03回族", "08壮族", "15土家族", "06苗族")


def check_character(first17: str) -> str:
    """Return the check character of a resident ID (ISO 7064 MOD 11-2, GB 11643 §4.2.4)."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def resident_id(region: str, birth: date, order: int) -> str:
    """Return an 18-character resident ID; ``order`` 0–999, odd for a man."""
    first17 = f"{region}{birth:%Y%m%d}{order:03d}"
    return first17 + check_character(first17)


@dataclass(slots=True, frozen=True)
class Person:
    """A fictional patient.

    Attributes:
        mrn: patient number of the hospital.
        family, given: Chinese name; ``pinyin`` the same in Latin letters.
        sex: ``"M"`` or ``"F"``.
        resident_id: 18 characters, ``""`` for a newborn.
        insurance: national medical insurance type, ``310`` employee, ``390`` resident, ``""`` self-pay.
        ethnic: two digits of GB/T 3304 and the name.
        contact: family and given name of the next of kin.
    """

    mrn: str
    family: str
    given: str
    pinyin: tuple[str, str]
    sex: str
    birth: date
    resident_id: str
    phone: str
    street: str
    insurance: str
    ethnic: str
    married: bool
    contact: tuple[str, str]
    allergic: bool = False

    @property
    def name(self) -> str:
        """The whole Chinese name, family name first."""
        return self.family + self.given

    def age(self, on: date) -> int:
        """Completed years on a date."""
        return on.year - self.birth.year - ((on.month, on.day) < (self.birth.month, self.birth.day))


def draw(rng: Random, mrn: str, on: date, ages: tuple[int, int], sex: str = "") -> Person:
    """Return a person of the given age range (years, both included) and sex (``""`` = either)."""
    sex = sex or rng.choice("MF")
    family, family_pinyin = rng.choice(_FAMILY)
    given, given_pinyin = rng.choice(_GIVEN_MALE if sex == "M" else _GIVEN_FEMALE)
    birth = on - timedelta(days=rng.randint(ages[0] * 366 + 1, ages[1] * 365 + 300))
    order = rng.randrange(1, 1000, 2) if sex == "M" else rng.randrange(0, 1000, 2)
    return Person(
        mrn=mrn, family=family, given=given, pinyin=(family_pinyin, given_pinyin), sex=sex, birth=birth,
        resident_id=resident_id(rng.choice(REGIONS), birth, order),
        phone=f"100{rng.randrange(10**8):08d}",  # no mobile number begins with 100
        street=f"{rng.choice(_STREETS)}{rng.randint(1, 280)}号{rng.randint(101, 1804)}室",
        insurance=rng.choice(("310", "310", "390", "390", "390", "")),
        ethnic=rng.choice(_ETHNIC), married=on.year - birth.year > 26,
        contact=(rng.choice(_FAMILY)[0], rng.choice(_GIVEN_MALE + _GIVEN_FEMALE)[0]),
        allergic=rng.random() < 0.15,
    )  # fmt: skip


def newborn(rng: Random, mrn: str, mother: Person, born: date) -> Person:
    """Return the child of ``mother``: no resident ID yet, named after her as Chinese wards do (``…之子``)."""
    sex = rng.choice("MF")
    suffix, pinyin = ("之子", " zhizi") if sex == "M" else ("之女", " zhinü")
    return Person(
        mrn=mrn, family=mother.family, given=mother.given + suffix,
        pinyin=(mother.pinyin[0], mother.pinyin[1] + pinyin), sex=sex, birth=born, resident_id="",
        phone=mother.phone, street=mother.street, insurance="390", ethnic=mother.ethnic, married=False,
        contact=(mother.family, mother.given),
    )  # fmt: skip
