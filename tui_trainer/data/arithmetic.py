"""Arithmetic from text: listed operators, functions and names on numbers, and nothing else.

The text is parsed to Python's syntax tree and walked; a node that is not on the lists is refused.
Nothing is ever handed to `eval`. What numbers and operators mean, numpy's or PyTorch's, is the
caller's to say.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class NotArithmetic(ValueError):
    """A part of an expression is not on the lists of what it may have."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part!r} is not arithmetic")
        self.part = part


@dataclass(frozen=True)
class Language:
    """What an expression is made of, and what that means.

    operators: by the type of their syntax node; functions: for each number of arguments, those that
    take so many; number: makes a value of a Python number; comparisons: by the type of their syntax node,
    for `a if x > 0 else b`; choose: makes a value of what a comparison gave and of both ways to go on,
    each worked out when it is called; truth: makes a value of what a comparison gave that stands by itself.
    """

    operators: Mapping[type, Callable[..., Any]]
    functions: Mapping[int, Mapping[str, Callable[..., Any]]]
    number: Callable[[float], Any]
    comparisons: Mapping[type, Callable[[Any, Any], Any]] = field(default_factory=dict)
    choose: Callable[[Any, Callable[[], Any], Callable[[], Any]], Any] = lambda first, a, b: a() if first else b()
    truth: Callable[[Any], Any] | None = None


class Arithmetic:
    """An expression that was parsed, not yet checked: `work_out` does both at once.

    Raises SyntaxError, ValueError, RecursionError or MemoryError for a text that can't be parsed.
    """

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._tree = ast.parse(self._text, mode="eval").body

    @property
    def tells_apart(self) -> bool:
        """Whether it is a comparison, or the sign of something."""
        match self._tree:
            case ast.Compare() | ast.Call(ast.Name("sign")):
                return True
        return False

    def work_out(self, names: Mapping[str, Any], language: Language) -> Any:
        """The expression's value, where names have these values.

        Raises NotArithmetic, and whatever an operator or a function raises.
        """
        return self._value(self._tree, names, language)

    def _value(self, node: ast.expr, names: Mapping[str, Any], language: Language) -> Any:
        operators, comparisons = language.operators, language.comparisons
        match node:
            case ast.Constant(value=bool() | complex()):
                pass
            case ast.Constant(value=int() | float() as value):
                return language.number(value)
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.BinOp(left, operator, right) if type(operator) in operators:
                return operators[type(operator)](
                    self._value(left, names, language), self._value(right, names, language)
                )
            case ast.UnaryOp(operator, operand) if type(operator) in operators:
                return operators[type(operator)](self._value(operand, names, language))
            case ast.Call(ast.Name(name), args, []) if name in language.functions.get(len(args), ()):
                return language.functions[len(args)][name](*(self._value(arg, names, language) for arg in args))
            case ast.Compare(left, [comparison], [right]) if language.truth and type(comparison) in comparisons:
                first = comparisons[type(comparison)](
                    self._value(left, names, language), self._value(right, names, language)
                )
                return language.truth(first)
            case ast.IfExp(ast.Compare(left, [comparison], [right]), a, b) if type(comparison) in comparisons:
                first = comparisons[type(comparison)](
                    self._value(left, names, language), self._value(right, names, language)
                )
                return language.choose(
                    first, lambda: self._value(a, names, language), lambda: self._value(b, names, language)
                )
        raise NotArithmetic(ast.get_source_segment(self._text, node) or type(node).__name__)
