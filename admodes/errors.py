"""Every exception of admodes.

Each class also subclasses the builtin that a caller would expect, and every message says
three things: what happened, why, and what to write instead.
"""


class AdmodesError(Exception):
    """Base class of all errors that admodes raises on purpose."""


class InputError(AdmodesError, TypeError):
    """An argument is of a kind that cannot be differentiated by (complex, text, None, ...)."""


class OutputError(AdmodesError, TypeError):
    """f returned something that has no derivative (None, text, complex numbers, ...)."""


class ShapeError(AdmodesError, ValueError):
    """Shapes do not fit: a gradient of a vector, a tangent unlike x, a ragged list."""


class OptionError(AdmodesError, ValueError):
    """An option has a value outside its range, or two options contradict each other."""


class FormulaError(OptionError):
    """A formula is not one, or says what formulas may not; the message shows the place."""


class NothingToDrawError(OptionError):
    """The rows hold nothing that this figure shows."""


class UnknownMethodError(OptionError):
    """No differentiator of that name."""


class UnknownExampleError(OptionError, KeyError):
    """No worked example of that name."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class TracedValueError(AdmodesError, TypeError):
    """A traced value was used in a way that would cut its derivative."""


class EscapedValueError(AdmodesError, RuntimeError):
    """A traced value outlived the call of f that it belongs to."""


class LevelError(AdmodesError, RuntimeError):
    """Values of nested derivatives met where the outer one cannot hold the inner one."""


class MissingRuleError(AdmodesError, NotImplementedError):
    """admodes has no rule for this function, or not for these arguments."""


class UnsupportedError(AdmodesError, NotImplementedError):
    """The method cannot do this for a reason of principle (it names another that can)."""


class BudgetError(UnsupportedError):
    """The expressions of the symbolic mode, or the nodes of a trace, would be more than their budget allows, or take longer."""


class GradientError(AdmodesError, ValueError):
    """A derivative that somebody wrote by hand is wrong; the message is the report of its check."""


class SparsityError(AdmodesError, ValueError):
    """A pattern of a sparse derivative leaves out an entry that is not zero."""


class SweepError(AdmodesError, RuntimeError):
    """A sweep cannot go on: a cell cannot be sent to its worker, or the workers are gone."""


class ResultsError(AdmodesError, OSError):
    """A results file cannot be written: in use, full, read-only."""


class TracedAttributeError(AdmodesError, AttributeError):
    """A traced value has no such attribute."""
