"""Checks on the way of an optimiser: at the first call of the derivative, and at every k-th."""

from __future__ import annotations

import collections
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import GradientError, OptionError
from ..formatting import plural
from .asking.subject import require_functions
from .check import check_gradient, require_rtol
from .result import GradientCheck


class Checked:
    """A function and its gradient that check themselves; made by `checked`.

    It unpacks into the two for ``minimize(f, x0, jac=grad)``; called itself, it returns both for ``jac=True``.

    Parameters
    ----------
    f, grad, every, action, rtol
        As for `checked`.

    Attributes
    ----------
    checks : list of GradientCheck
        One for each check so far.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> pair = ad.checked(lambda x: np.sum(x**2), lambda x: 2 * x)
    >>> value, slope = pair(np.array([1.0, 2.0]))
    >>> float(value), slope, len(pair.checks)
    (5.0, array([2., 4.]), 1)
    """

    def __init__(
        self, f: Callable[..., Any] | None, grad: Callable[..., Any], every: int, action: str, rtol: float | None
    ) -> None:
        self.function, self.claim, self.every, self.action, self.rtol = f, grad, every, action, rtol
        self.checks: list[GradientCheck] = []
        self._calls = 0

    def __repr__(self) -> str:
        counts = collections.Counter(check.verdict for check in self.checks)
        found = "".join(f", {count} {verdict}" for verdict, count in counts.items())
        return f"<Checked: {plural(self._calls, 'call')} of the derivative, {plural(len(self.checks), 'check')}{found}>"

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        return iter((self.f, self.grad))

    def __call__(self, x: Any, *args: Any) -> tuple[Any, Any]:
        """f(x) and its gradient."""
        if self.function is None:
            self._check_now_and_then(x, args)
            found: tuple[Any, Any] = self.claim(x, *args)
            return found
        return self.f(x, *args), self.grad(x, *args)

    def f(self, x: Any, *args: Any) -> Any:
        """The function itself."""
        return self.claim(x, *args)[0] if self.function is None else self.function(x, *args)

    def grad(self, x: Any, *args: Any) -> Any:
        """The gradient; now and then it is checked first."""
        self._check_now_and_then(x, args)
        found = self.claim(x, *args)
        return found[1] if self.function is None else found

    def _check_now_and_then(self, x: Any, args: tuple[Any, ...]) -> None:
        self._calls += 1
        if (self._calls - 1) % self.every:
            return
        check = check_gradient(self.function, self.claim, np.array(x), args=args, rtol=self.rtol)
        self.checks.append(check)
        if check.verdict != "wrong":
            return
        text = f"The gradient is wrong at call {self._calls}.\n{check}"
        if self.action == "raise":
            raise GradientError(text)
        warnings.warn(text, RuntimeWarning, stacklevel=4)


def checked(
    f: Callable[..., Any] | None,
    grad: Callable[..., Any],
    *,
    every: int = 50,
    action: str = "raise",
    rtol: float | None = None,
) -> Checked:
    """Wrap a function and its gradient for an optimiser such as `scipy.optimize.minimize`.

    Parameters
    ----------
    f : callable or None
        ``f(x, *args)``; None where `grad` returns the pair (value, gradient).
    grad : callable
        ``grad(x, *args)``, hand-written.
    every : int
        The gradient is checked at its first call and at each such call after that.
    action : {"raise", "warn"}
        What a wrong gradient does; one that cannot be judged does nothing, and is kept in `checks`.
    rtol : float, optional
        As for `check_gradient`.

    Returns
    -------
    Checked

    Raises
    ------
    OptionError
        Another `action`, `every` below 1, or an `rtol` that is not positive.
    InputError
        `f` or `grad` is no function.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> f, grad = ad.checked(lambda x: np.sum(x**4), lambda x: 4 * x**2)
    >>> try:
    ...     grad(np.array([2.0, 3.0]))
    ... except ad.errors.GradientError as error:
    ...     print(str(error).splitlines()[1])
    gradient of <lambda>: WRONG
    """
    if action not in ("raise", "warn"):
        raise OptionError(f"action={action!r} is neither 'raise' nor 'warn': write action='warn' to go on with a wrong gradient.")
    if isinstance(every, bool) or not isinstance(every, (int, np.integer)) or every < 1:
        raise OptionError(f"every={every!r} is no number of calls: write e.g. every=50.")
    require_rtol(rtol)
    require_functions(grad=grad, **({} if f is None else {"f": f}))
    return Checked(f, grad, int(every), action, rtol)
