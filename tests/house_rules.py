"""The rules of the house (DESIGN.md, section 2), each a function from one file to its violations.

They look at syntax trees only: nothing of ``feeds/`` is run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from house_plan import (
    BROAD,
    CLOCK,
    CLOCK_ROOMS,
    DECLARED,
    DICE,
    DICE_MODULES,
    FILE_FUNCTIONS,
    FILE_METHODS,
    FILE_MODULES,
    FILE_ROOMS,
    FLOORS,
    IMMUTABLE,
    IMMUTABLE_METHODS,
    LATE,
    LIBRARIES,
    LOOPS,
    SIDEWAYS,
    STOPWATCHES,
    WRAPPERS,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One source file. ``path`` is relative to ``feeds/``, with slashes."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.path.split("/", maxsplit=1)[0].removesuffix(".py")

    @property
    def package(self) -> str:
        return ".".join(["feeds", *self.path.split("/")[:-1]])

    def inside(self, rooms: tuple[str, ...]) -> bool:
        return any(self.path == room or (room.endswith("/") and self.path.startswith(room)) for room in rooms)


Violation = tuple[int, str]
Rule = Callable[[File], Iterator[Violation]]


def imports(file: File) -> Iterator[tuple[ast.stmt, str]]:
    """Give each import statement with each dotted name it brings in (``from a import b`` gives ``a.b``)."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            parts = file.package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                yield node, f"{module}.{alias.name}"


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def aliases(file: File) -> dict[str, str]:
    """Say what the names that imports bind stand for: ``from datetime import datetime as D`` gives D."""
    known = {}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.split(".")[0]
                known[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def dotted(node: ast.expr, known: Mapping[str, str]) -> str:
    """Spell ``a.b.c`` with what ``a`` stands for; empty if it is no plain chain of names."""
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = dotted(node.value, known)
        return f"{base}.{node.attr}" if base else ""
    return ""


def references(file: File) -> Iterator[tuple[int, str]]:
    """Give each use of an imported name, spelled in full; the imports themselves too."""
    known = aliases(file)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Name | ast.Attribute) and head(node) in known:
            yield node.lineno, dotted(node, known)
    for statement, name in imports(file):
        yield statement.lineno, name


def head(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def spelled(call: ast.Call) -> str:
    return dotted(call.func, {})


# The rules ---------------------------------------------------------------------------------------------


def floors(file: File) -> Iterator[Violation]:
    """Arrows point down: a room imports its own files and lower floors, never beside it, never above."""
    floor = FLOORS.get(file.room)
    if floor is None:
        yield 1, f"{file.room} has no floor: give it one in DESIGN.md, section 2, and in FLOORS"
        return
    for statement, name in imports(file):
        if not within(name, "feeds") or name == "feeds":
            continue
        module = name.removeprefix("feeds.")
        target = module.split(".")[0]
        if target == file.room or target.startswith("__") or target not in FLOORS:
            if target not in FLOORS and not target.startswith("__"):
                yield statement.lineno, f"imports feeds.{target}, which has no floor"
            continue
        if any(file.room == room and within(module, other) for room, other in SIDEWAYS):
            continue
        if FLOORS[target] >= floor:
            way = "sideways" if FLOORS[target] == floor else "up"
            yield (
                statement.lineno,
                f"{file.room} (floor {floor}) imports {way}: {module} (floor {FLOORS[target]})",
            )


def import_places(file: File) -> Iterator[Violation]:
    """Imports stand at the top, where everybody sees them; those that may come late are listed (``LATE``)."""
    functions = [
        node
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    late = {id(inner) for function in functions for inner in ast.walk(function)}
    for statement, name in imports(file):
        listed = any(file.inside((room,)) and name.startswith(start) for room, start in LATE)
        if id(statement) in late and not listed:
            yield statement.lineno, "an import inside a function"
    if not file.inside(("cli/",)):
        for line, name in references(file):
            if within(name, "importlib.import_module"):
                yield line, f"{name} hides an import"
    for line, name in references(file):
        if within(name, "typing.TYPE_CHECKING"):
            yield line, "TYPE_CHECKING hides an arrow"


def libraries(file: File) -> Iterator[Violation]:
    """A foreign library has one room."""
    for statement, name in imports(file):
        top = name.split(".")[0]
        known = next((library for library in LIBRARIES if within(name, library)), None)
        if known is None:
            if top not in sys.stdlib_module_names and top != "feeds":
                yield statement.lineno, f"{top} has no room: give it one in LIBRARIES"
        elif not file.inside(LIBRARIES[known]):
            rooms = ", ".join(LIBRARIES[known]) or "nobody"
            yield statement.lineno, f"{known} belongs to {rooms}"


def clock(file: File) -> Iterator[Violation]:
    """The clock is read in the daemon, the workers and the commands, and handed down as ``now``."""
    if file.inside(CLOCK_ROOMS):
        return
    known = aliases(file)
    for line, name in references(file):
        if name in CLOCK:
            yield line, f"{name} reads the clock: take `now` as an argument"
    for node in () if file.inside(STOPWATCHES) else ast.walk(file.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "time":
            owner = node.func.value
            called = dotted(owner.func, known) if isinstance(owner, ast.Call) else ""
            if called in LOOPS or dotted(owner, known).split(".")[-1].endswith("loop"):
                yield node.lineno, "the event loop's time is a clock too"


def dice(file: File) -> Iterator[Violation]:
    """The same question gets the same answer: no dice, and no ``hash()``, which differs in each process."""
    for line, name in references(file):
        if name in DICE or any(within(name, module) for module in DICE_MODULES):
            yield line, f"{name} throws dice"
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and spelled(node) == "hash":
            yield node.lineno, "hash() differs from process to process: take hashlib"


def mode_of(call: ast.Call, position: int) -> str:
    """Give the mode an ``open`` is called with; ``?`` if it is not written out."""
    given = [word.value for word in call.keywords if word.arg == "mode"] + call.args[position : position + 1]
    if not given:
        return "r"
    return given[0].value if isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else "?"


def writes(call: ast.Call, name: str) -> str | None:
    """Say what a call does to a file; None if nothing."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in FILE_FUNCTIONS:
        return name
    if name in {"open", "io.open"} or method == "open":
        # tarfile.open(fileobj=...) and the like write into memory.
        in_memory = any(word.arg == "fileobj" for word in call.keywords)
        on_path = method == "open" and name != "io.open"
        mode = mode_of(call, 0 if on_path else 1)
        if mode.strip("rbtU|") and not in_memory and (mode == "?" or set(mode) & set("wax+")):
            return f"open(..., {mode!r})"
        return None
    if method in FILE_METHODS:
        return f".{method}()"
    if method == "replace" and len(call.args) == 1 and not call.keywords:
        return ".replace(path)"
    return None


def files(file: File) -> Iterator[Violation]:
    """Files are written in the store, in publish and by the edits of config.yaml; nobody else touches any."""
    if file.inside(FILE_ROOMS):
        return
    known = aliases(file)
    for statement, name in imports(file):
        if any(within(name, module) for module in FILE_MODULES):
            yield statement.lineno, f"{name.split('.')[0]} writes files"
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and (done := writes(node, dotted(node.func, known))):
            yield node.lineno, f"{done} writes files: that is for {', '.join(FILE_ROOMS)}"


def mutable(file: File, value: ast.expr) -> bool:
    """Say whether a module-level value can change; a call counts as one that can, unless we know better."""
    if isinstance(value, ast.Call):
        name = spelled(value)
        short = name.split(".")[-1] or (value.func.attr if isinstance(value.func, ast.Attribute) else "")
        if short in WRAPPERS:
            return any(mutable(file, part) for argument in value.args for part in parts(argument))
        declared = any(short in names for room, names in DECLARED.items() if file.inside((room,)))
        fine = name in IMMUTABLE or short in IMMUTABLE | IMMUTABLE_METHODS or frozen(file, short)
        return not (declared or fine)
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    if isinstance(value, ast.GeneratorExp):
        return True
    if isinstance(value, ast.Tuple | ast.BinOp | ast.BoolOp | ast.IfExp):
        return any(mutable(file, part) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr))
    return isinstance(value, ast.Starred) and any(mutable(file, part) for part in parts(value.value))


def parts(value: ast.expr) -> list[ast.expr]:
    """Give what a display or comprehension is made of; anything else is its own only part."""
    if isinstance(value, ast.Dict):
        return list(value.values)
    if isinstance(value, ast.List | ast.Set | ast.Tuple):
        return list(value.elts)
    if isinstance(value, ast.DictComp):
        return [value.value]
    if isinstance(value, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [value.elt]
    if isinstance(value, ast.Call) and (spelled(value) in {"dict", "sorted", "zip"} or not spelled(value)):
        return []
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return []
    return [value]


def frozen(file: File, name: str) -> bool:
    """Say whether a class of this file, or one of our values, is frozen (values begin with a capital)."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            text = " ".join(ast.unparse(part) for part in [*node.decorator_list, *node.bases])
            return any(word in text for word in ("frozen=True", "Value", "Enum", "NamedTuple"))
    return name in imported_values(file)


def imported_values(file: File) -> set[str]:
    """Give the classes imported from rooms of ours that hold frozen values only, or from this package."""
    return {
        name.rsplit(".", 1)[1]
        for _, name in imports(file)
        if within(name, "feeds") and name.rsplit(".", 1)[1][:1].isupper()
    }


def bindings(body: list[ast.stmt]) -> Iterator[tuple[int, str, ast.expr]]:
    """Give each assignment of a module or class body, also under ``if``, ``try`` and ``with``."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield node.lineno, ast.unparse(node.targets[0]), node.value
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
            yield node.lineno, ast.unparse(node.target), node.value
        for field in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from bindings(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from bindings(handler.body)


def state(file: File) -> Iterator[Violation]:
    """Nothing at module or class level can change: what two runs share, two tests share too."""
    for line, target, value in bindings(file.tree.body):
        if mutable(file, value):
            yield line, f"{target} can be changed: wrap it (MappingProxyType, frozenset, tuple), or make it"
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Global):
            yield node.lineno, "global is state"
        elif isinstance(node, ast.ClassDef):
            for line, target, value in bindings(node.body):
                if not isinstance(value, ast.Call) and mutable(file, value):
                    yield line, f"{node.name}.{target} is shared by all its objects and can be changed"
        elif (
            isinstance(node, ast.FunctionDef) and node.args.args and any(map(unbounded, node.decorator_list))
        ):
            yield node.lineno, f"the cache of {node.name} grows without bound"


def unbounded(decorator: ast.expr) -> bool:
    text = ast.unparse(decorator)
    forever = text.endswith("cache") and "lru" not in text
    return forever or "lru_cache(None)" in text or "maxsize=None" in text


def catches(file: File) -> Iterator[Violation]:
    """An unexpected exception stays unexpected, but where one source must not stop the others."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield node.lineno, "a bare except swallows even the end of the program"
            elif broad(node.type) and not passes_on(node) and not file.inside(BROAD):
                yield node.lineno, f"except {ast.unparse(node.type)} swallows what nobody expected"
        elif isinstance(node, ast.Call) and spelled(node).endswith("suppress") and any(map(broad, node.args)):
            yield node.lineno, f"{ast.unparse(node)} swallows what nobody expected"


def broad(node: ast.expr) -> bool:
    return any(
        part.id in {"Exception", "BaseException"} for part in ast.walk(node) if isinstance(part, ast.Name)
    )


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler only tidies up: it ends in a bare ``raise``."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.__name__: rule for rule in (floors, import_places, libraries, clock, dice, files, state, catches)}
)
