"""Mutants of a file: mutmut's operators at every place, also where its own runner does not reach.

Module-level tables, class attributes and decorated functions are mutated too. Left out are

* message texts: what is raised, docstrings, and every string with a blank in it;
* annotations, decorators and imports;
* ``strict`` of a ``zip``: it asserts what no input of ours can break;
* arguments of ``len`` and ``isinstance``, as mutmut does: without them, nothing runs.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    PositionProvider,
    WhitespaceInclusivePositionProvider,
)
from mutmut.mutation.mutators import mutation_operators

_UNCHANGED = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Raise)
_UNCHANGED_CALLS = ("len", "isinstance", "cast", "warn")


@dataclass(frozen=True)
class Mutant:
    """A file with one change.

    Attributes:
        path: The file, from the root of the repository.
        function: The function that is changed, with its class; empty outside of functions.
        before: The lines that are changed, without their indentation.
        after: The same lines as they are now.
        lines: Numbers of the first and the last line of the statement.
        source: The whole file as it is now.
    """

    path: str
    function: str
    before: str
    after: str
    lines: tuple[int, int]
    source: str

    @property
    def name(self) -> str:
        """A description of the mutant for people, and for hand-written lists."""
        return f"{self.path}, {self.function or 'module'}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class _Change:
    """One node in place of another.

    Attributes:
        node: The node.
        mutated: What it becomes.
        function: As that of ``Mutant``.
        lines: As those of ``Mutant``.
        spread: Where the node's text is, with all of its blanks and parentheses.
    """

    node: cst.CSTNode
    mutated: cst.CSTNode
    function: str
    lines: tuple[int, int]
    spread: CodeRange


class _Changes(cst.CSTVisitor):
    """All changes of a file."""

    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Change] = []
        self._scopes: list[cst.FunctionDef | cst.ClassDef] = []
        self._statements: list[tuple[int, int]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _UNCHANGED) or _is_text(node) or _is_strict(node) or _is_unchanged_call(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._scopes.append(node)
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._statements.append(self._lines(node))
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found += [
                    _Change(node, mutated, self._function(), self._statements[-1], self._spread(node))
                    for mutated in operator(node)
                    if not _changes_strict(node, mutated)
                ]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._scopes and original_node is self._scopes[-1]:
            self._scopes.pop()
        if isinstance(original_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._statements.pop()

    def _function(self) -> str:
        if not any(isinstance(scope, cst.FunctionDef) for scope in self._scopes):
            return ""
        return ".".join(scope.name.value for scope in self._scopes)

    def _lines(self, node: cst.CSTNode) -> tuple[int, int]:
        """The lines of a statement; of one with a body, its head."""
        position = self._position(node)
        body = getattr(node, "body", None)
        end = position.end.line
        if isinstance(body, cst.IndentedBlock):
            end = max(position.start.line, self._position(body.body[0]).start.line - 1)
        return position.start.line, end

    def _position(self, node: cst.CSTNode) -> CodeRange:
        position = self.get_metadata(PositionProvider, node)
        assert isinstance(position, CodeRange)
        return position

    def _spread(self, node: cst.CSTNode) -> CodeRange:
        spread = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        assert isinstance(spread, CodeRange)
        return spread


def _is_text(node: cst.CSTNode) -> bool:
    """Tell whether a string is written for people: it has a blank in it."""
    match node:
        case cst.SimpleString():
            return " " in node.value
        case cst.FormattedString():
            return any(isinstance(part, cst.FormattedStringText) and " " in part.value for part in node.parts)
        case cst.ConcatenatedString():
            return _is_text(node.left) or _is_text(node.right)
        case _:
            return False


def _is_unchanged_call(node: cst.CSTNode) -> bool:
    """Tell whether a call makes a message, or runs only unchanged."""
    if not isinstance(node, cst.Call):
        return False
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return isinstance(name, cst.Name) and (name.value in _UNCHANGED_CALLS or name.value.endswith("Error"))


def _is_strict(node: cst.CSTNode) -> bool:
    """Tell whether an argument says that lengths are equal."""
    return isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict"


def _changes_strict(node: cst.CSTNode, mutated: cst.CSTNode) -> bool:
    if not (isinstance(node, cst.Call) and isinstance(mutated, cst.Call)):
        return False
    return [arg for arg in node.args if _is_strict(arg)] != [arg for arg in mutated.args if _is_strict(arg)]


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """All mutants of a file, each with its own name, but those whose code stays the same.

    Args:
        root: The repository.
        path: The file, from there.
    """
    source = (root / path).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    changes = _Changes()
    wrapper.visit(changes)
    lines = source.splitlines(keepends=True)
    for change in changes.found:
        mutated = _replaced(wrapper.module, lines, change)
        if mutated != source:
            before, after = _changed(source.splitlines(), mutated.splitlines())
            yield Mutant(path, change.function, before, after, change.lines, mutated)


def _replaced(module: cst.Module, lines: Sequence[str], change: _Change) -> str:
    """The file with a node replaced: in its text, for the library's own way takes a tenth of a second."""
    start, end = change.spread.start, change.spread.end
    inside = [*lines[start.line - 1 : end.line]]
    behind = inside[-1][end.column :]
    inside[-1] = inside[-1][: end.column]
    head, inside[0] = inside[0][: start.column], inside[0][start.column :]
    if "".join(inside) == module.code_for_node(change.node):
        middle = head + module.code_for_node(change.mutated) + behind
        return "".join([*lines[: start.line - 1], middle, *lines[end.line :]])
    mutated = module.deep_replace(change.node, change.mutated)
    assert isinstance(mutated, cst.Module)
    return mutated.code


def _changed(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """The lines that are not the same, each as one."""
    same = _alike(before, after)
    rest = [before[same:], after[same:]]
    behind = _alike(*([*reversed(lines)] for lines in rest))
    first, second = (" ".join(line.strip() for line in lines[: len(lines) - behind]) for lines in rest)
    return first, second


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = zip(before, after, strict=False)
    return next((at for at, (one, two) in enumerate(pairs) if one != two), min(len(before), len(after)))


def sample(found: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """A random part of the mutants: those whose names have the lowest hashes.

    Whether a mutant is drawn depends little on the code around it: a change of the code changes the sample by
    the mutants that come and go.

    Args:
        found: All mutants.
        count: How many are drawn.
        seed: Of the draw.
    """
    seen: Counter[str] = Counter()
    drawn: list[tuple[str, Mutant]] = []
    for mutant in found:
        key = f"{seed} {mutant.name} {seen[mutant.name]}"
        seen[mutant.name] += 1
        drawn.append((hashlib.sha256(key.encode()).hexdigest(), mutant))
    return [mutant for _, mutant in sorted(drawn, key=lambda pair: pair[0])[:count]]
