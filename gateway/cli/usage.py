"""Usage: how the help of every command looks: its language, its line breaks, and what stands below it."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import Any

from gateway.cli.examples import COMMANDS
from gateway.cli.output import columns
from gateway.cli.words import language, say

ARGPARSE = {
    "usage: ": "用法：",
    "positional arguments": "位置参数",
    "options": "选项",
    "subcommands": "子命令",
    "show this help message and exit": "显示帮助",
    "%(prog)s: error: %(message)s\n": "%(prog)s：错误：%(message)s\n",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "the following arguments are required: %s": "缺少必需的参数：%s",
    "one of the arguments %s is required": "须给出以下参数之一：%s",
    "unrecognized arguments: %s": "无法识别的参数：%s",
    "ambiguous option: %(option)s could match %(matches)s": "选项 %(option)s 不明确，可能是 %(matches)s",
    "ignored explicit argument %r": "多余的值 %r",
    "not allowed with argument %s": "不能与参数 %s 同时使用",
    "expected one argument": "需要一个值",
    "expected at most one argument": "最多一个值",
    "expected at least one argument": "至少需要一个值",
    "expected %s argument": "需要 %s 个值",
    "expected %s arguments": "需要 %s 个值",
    "invalid %(type)s value: %(value)r": "%(value)r 不是有效的 %(type)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r 不可选（可选：%(choices)s）",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "没有命令 %(parser_name)r（可选：%(choices)s）",
}
"""The sentences of argparse that a user of ours can meet."""


def _translated(text: str) -> str:
    return ARGPARSE.get(text, text) if language() == "zh" else text


def speak_argparse() -> None:
    """Let argparse say its own sentences in the chosen language.

    It asks ``gettext`` by these two names, for which Python ships no Chinese catalogue.
    """
    words: dict[str, Callable[..., str]] = {
        "_": _translated,
        "ngettext": lambda one, many, number: _translated(one if number == 1 else many),
    }
    vars(argparse).update(words)


class Parser(argparse.ArgumentParser):
    """A parser whose help, and that of its sub-commands, ends with examples and the settings it reads."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", Formatter)
        options["epilog"] = epilog(str(options.get("prog") or "")) or options.get("epilog")
        super().__init__(**options)


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Breaks lines by the columns of a terminal: a Chinese character takes two and needs no blank."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = [part for line in text.splitlines() for part in wrapped(line, width - len(indent)) or [""]]
        return "\n".join(indent + line for line in lines)


def wrapped(text: str, width: int) -> list[str]:
    """Return ``text`` as lines of at most ``width`` columns; what must not be broken may stand over."""
    if columns(text) == len(text):
        return textwrap.wrap(
            text, width, drop_whitespace=True, break_long_words=False, break_on_hyphens=False
        )
    lines, line = [], text[: len(text) - len(text.lstrip(" "))]
    for word in _words(text.lstrip(" ")):
        if line.strip() and columns(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    """Return the pieces between which a line may break: after a blank, and around a Chinese character."""
    words: list[str] = []
    for one in text:
        glued = one in "，。；：、）！？」" or not (columns(one) == 2 or not words or words[-1][-1] == " ")
        if words and glued and (columns(one) == 2 or columns(words[-1][-1]) == 1 or one == " "):
            words[-1] += one
        else:
            words.append(one)
    return words


def epilog(prog: str) -> str | None:
    """Return what stands below the help of a command."""
    if prog not in COMMANDS or not COMMANDS[prog][1]:
        return None
    settings, examples = COMMANDS[prog]
    shown = "\n".join(f"  {example}" for example in examples)
    reads = say("usage.settings", settings=settings) if settings else say("usage.no-settings")
    return f"{say('usage.examples')}\n{shown}\n\n{reads}"
