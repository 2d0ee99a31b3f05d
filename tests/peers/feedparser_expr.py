"""feedparser's expressions, in 3-letter Python, read as statements; they are never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from feeds.errors import ReadError

from .excuses import excuse
from .feedparser_view import TOP, Path, held
from .holding import ABSENT, ANY, judge, value_of
from .ours import Read
from .verdicts import MET, Judged, Verdict, classed, missed, together


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """``path`` of feedparser's result is ``wanted``; without a path, a document is to be survived."""

    path: Path = ()
    wanted: object = ANY


def expected(expression: str, read: Read) -> Judged:
    """Judge one expression over a document that we have read."""
    return together(_judge(one, read) for one in statements(expression))


def refused(expression: str, error: ReadError) -> Judged:
    """Judge one expression over a document that is no feed to us."""
    return together(
        MET
        if not one.path
        else classed(TOP[one.path[0]])
        if one.path[0] in TOP
        else missed(one.wanted, error)
        for one in statements(expression)
    )


def statements(expression: str) -> list[Statement]:
    """Read an expression; never run it."""
    return list(_statements(ast.parse(expression.strip(), mode="eval").body))


def _judge(statement: Statement, read: Read) -> Judged:
    path, wanted = statement.path, statement.wanted
    if not path:
        return MET
    if isinstance(wanted, dict):
        members = (Statement(path=(*path, str(key)), wanted=value) for key, value in wanted.items())
        return together(_judge(member, read) for member in members)
    try:
        what = held(read, path)
    except LookupError as error:
        if wanted is ABSENT:
            return MET
        judged, value = missed(wanted, f"nothing: {error}"), None
    else:
        judged, value = judge(what, wanted), value_of(what)
    if judged.verdict is not Verdict.MISSED:
        return judged
    word = excuse(read, path, wanted, value)
    return classed(word, judged.said) if word else judged


def _statements(node: ast.expr) -> Iterator[Statement]:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _statements(value)
        case ast.Constant(value=1):
            yield Statement()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            for one in _statements(operand):
                yield Statement(path=one.path, wanted=ABSENT)
        case ast.Compare(left=left, ops=[ast.NotIn()], comparators=[right]):
            yield Statement(path=(*_path(right), str(_constant(left))), wanted=ABSENT)
        case ast.Compare(left=left, comparators=comparators):
            yield from _compared([left, *comparators])
        case _:
            yield Statement(path=_path(node))


def _compared(operands: list[ast.expr]) -> Iterator[Statement]:
    """Read a chain of comparisons: each place has to hold the one constant. Of two places one is enough."""
    wanted = [one for one in operands if _is_constant(one)]
    for place in operands:
        if _is_constant(place):
            continue
        match place:
            case ast.Call(func=ast.Name(id="ord"), args=[inner]):
                yield Statement(path=_path(inner), wanted=chr(int(str(_constant(wanted[0])))))
            case ast.Call(func=ast.Name(id="len"), args=[inner]):
                yield Statement(path=(*_path(inner), "len"), wanted=_constant(wanted[0]))
            case _:
                told = _constant(wanted[0]) if wanted else ANY
                yield Statement(path=_path(place), wanted=ABSENT if told in ({}, None) else told)


def _is_constant(node: ast.expr) -> bool:
    return all(not isinstance(one, ast.Subscript | ast.Name) or _is_timedelta(one) for one in ast.walk(node))


def _is_timedelta(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "datetime"


def _constant(node: ast.expr) -> object:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{_constant(left)}{_constant(right)}"
        case ast.Call():  # datetime.timedelta(...), only of what our model does not have.
            return ast.unparse(node)
    value: object = ast.literal_eval(node)
    return value


def _path(node: ast.expr) -> Path:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Subscript(value=value, slice=index):
            step = _constant(index)
            return (*_path(value), step if isinstance(step, int) else str(step))
        case ast.Call(func=ast.Attribute(value=value, attr="get" | "has_key"), args=[key, *_]):
            return (*_path(value), str(_constant(key)))
        case ast.Attribute(value=value, attr=name):
            return (*_path(value), name)
    raise ValueError(f"no place in feedparser's result: {ast.unparse(node)}")
