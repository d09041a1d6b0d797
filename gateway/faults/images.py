"""Faults of images: DICOM objects and paths in them."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "these bytes are no DICOM object": "这些字节不是 DICOM 对象",
    "the header has more elements than the limit": "文件头的元素个数超过上限",
    "the header is larger than the limit": "文件头的大小超过上限",
    "sequences stand deeper in each other than the limit": "序列的嵌套层数超过上限",
    "{path} is no path of a DICOM object": "{path} 不是 DICOM 对象中的路径",
    "{keyword} is no keyword of PS3.6 ({path})": "{keyword} 不是 PS3.6 中的关键字（{path}）",
    "this is no data set in DICOM JSON": "这不是 DICOM JSON 格式的数据集",
    "this is no record of a study": "这不是检查记录",
    "{keyword} is missing or is no UID": "{keyword} 缺失或不是合法的 UID",
    "the objects are of several studies": "这些对象属于多个检查",
    "the objects of this study are of several patients": "同一检查的对象属于多名患者",
}
