"""What the name of a column says about it, in English and Chinese.

Names are split into words (`user_id`, `userId` and `user-id` all hold "id"); Chinese names are
searched for the words themselves. Adding a word: its line here, and a row in the golden table.
"""

from __future__ import annotations

import functools
import re
from typing import Literal

Meaning = Literal[
    "id", "group", "position", "date", "attribution", "size", "language", "title",
    "answer", "amount", "order", "tokens", "split", "label",
]  # fmt: skip

_WORDS: dict[Meaning, str] = {
    "id": "id ids uid uuid guid idx index key hash md5 sha1 sha256 serial rowid rownum 编号 序号",
    "group": "patient case dialog dialogue conversation session thread document doc article user "
    "customer subject 病人 患者 用户 对话",
    "position": "turn position offset start end begin line page step seq sequence row nr",
    "date": "date datetime timestamp time created updated modified year month day hour weekday "
    "日期 时间",
    "attribution": "attribution author authors licence license copyright source url uri link href "
    "publisher filename file path version annotator annotators worker doi email 作者 来源 链接",
    "size": "width height channels bytes depth 宽 高",
    "language": "lang language locale 语言",
    "title": "title name 标题 名称",
    "answer": "answer answers response reply summary translation ref reference references output "
    "completion explanation rationale 答案 回答 摘要 译文",
    "amount": "age price amount count counts cost weight length duration seconds minutes hours "
    "volume voxels value income salary sales revenue distance temperature percent percentage ratio "
    "rate probability similarity relatedness valence arousal number num total sum quantity qty "
    "年龄 价格 金额 数量",
    "order": "rating ratings star stars score scores grade level severity stage rank likert points "
    "priority urgency quality difficulty intensity 评分 等级 星级",
    "tokens": "tokens token words word chars characters 词 字",
    "split": "split subset partition fold set",
    "label": "label labels class classes category target intent sentiment y 标签 类别",
}


@functools.cache
def says(name: str) -> frozenset[Meaning]:
    """The meanings that the words of a column's name carry.

    >>> sorted(says("userId")), sorted(says("answer_start")), sorted(says("text"))
    (['group', 'id'], ['answer', 'position'], [])
    """
    words = _split(name)
    found = {
        meaning
        for meaning, known in _WORDS.items()
        if any(word in words or (not word.isascii() and word in name) for word in known.split())
    }
    if "title" in found and len(words) > 1:
        found.discard("title")  # `class_name` holds a label, not a title
    return frozenset(found)


def _split(name: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return frozenset(re.sub(r"[\W_]+", " ", spaced).lower().split())
