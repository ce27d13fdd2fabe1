"""For the test suites of other packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .checking import GradientCheck, check_gradient
from .errors import OptionError


def assert_gradient(
    f: Callable[..., Any] | None,
    grad: Callable[..., Any],
    x: Any,
    *,
    inconclusive: str = "fail",
    **options: Any,
) -> GradientCheck:
    """Assert that a hand-written derivative is right.

    Parameters
    ----------
    f, grad, x
        As for `admodes.check_gradient`.
    inconclusive : {"fail", "pass"}
        What a derivative that cannot be judged is taken for.
    **options
        Of `admodes.check_gradient`: args, kind, rtol, seed.

    Returns
    -------
    GradientCheck

    Raises
    ------
    AssertionError
        It is wrong, or cannot be judged; the message is the report.
    OptionError
        Another value of `inconclusive`.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.testing import assert_gradient
    >>> assert_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([1.0, 2.0])).verdict
    'right'
    """
    __tracebackhide__ = True
    if inconclusive not in ("fail", "pass"):
        raise OptionError(
            f"inconclusive={inconclusive!r} is neither 'fail' nor 'pass': write inconclusive='pass' to let it pass."
        )
    check = check_gradient(f, grad, x, **options)
    if check.verdict == "wrong" or (check.verdict == "inconclusive" and inconclusive != "pass"):
        raise AssertionError(str(check))
    return check
