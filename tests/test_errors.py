"""Every error is ours and a builtin, and says what happened, why, and what to write instead."""

from __future__ import annotations

import builtins
import inspect
import re
from typing import Any

import numpy as np
import pytest
from support import MODES, every_mode, exact_modes

import admodes as ad
from admodes import errors
from admodes.errors import AdmodesError, InputError, OptionError, ShapeError, TracedValueError, UnknownMethodError

V = np.array([0.7, -1.3, 2.1])
CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, AdmodesError) and c is not AdmodesError]


def loss(x: Any) -> Any:
    return x * 2.0


def total(x: Any) -> Any:
    return np.sum(x)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_classes_are_ours_and_a_builtin(cls: type) -> None:
    """Breaks if a caller who catches ValueError, TypeError, ... would miss one of our errors, or cannot read what it is."""
    standard = {c for c in vars(builtins).values() if inspect.isclass(c) and issubclass(c, Exception)} - {Exception}
    assert any(issubclass(cls, c) for c in standard)
    assert cls.__doc__
    assert getattr(ad, cls.__name__, cls) is cls


@every_mode
def test_gradient_of_a_vector(method: str) -> None:
    """Breaks if the message does not name the operator, the function, both shapes and the two cures."""
    for operator in (ad.gradient, ad.value_and_gradient):
        with pytest.raises(ShapeError) as caught:
            operator(loss, V, method=method)
        message = str(caught.value)
        assert "needs f(x) of shape (), but `loss` returned shape (3,)" in message
        assert ("`jacobian(f, x)`" if operator is ad.gradient else "`value_and_jacobian(f, x)`") in message
        assert "sum" in message
        assert f"`{operator.__name__}`" in message


@every_mode
@pytest.mark.parametrize("operator", ["hessian", "hvp"])
def test_hessian_of_a_vector(operator: str, method: str) -> None:
    """Breaks if a Hessian of a vector-valued f is returned as something else."""
    arguments = (loss, V) if operator == "hessian" else (loss, V, V)
    with pytest.raises(ShapeError, match=rf"{operator}.*\(\).*loss.*\(3,\)"):
        getattr(ad, operator)(*arguments, method=method)


@every_mode
def test_gradient_of_shape_one_is_refused(method: str) -> None:
    """Breaks if an output of shape (1,) counts as a scalar, or a container of scalars does."""
    with pytest.raises(ShapeError, match=r"\(1,\)"):
        ad.gradient(lambda x: x[:1], V, method=method)
    with pytest.raises(AdmodesError):
        ad.gradient(lambda x: {"a": x[0], "b": x[1]}, V, method=method)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("revers", "reverse"),
        ("Reverse", "reverse"),
        ("foward", "forward"),
        ("symbolc", "symbolic"),
        ("finit", "finite"),
        ("autom", "auto"),
    ],
)
@pytest.mark.parametrize("operator", ["differentiate", "gradient", "jacobian", "hessian", "vjp"])
def test_unknown_method(operator: str, wrong: str, right: str) -> None:
    """Breaks if a misspelt method is not answered by the one that was meant."""
    with pytest.raises(UnknownMethodError) as caught:
        getattr(ad, operator)(total, V, method=wrong)
    message = str(caught.value)
    assert wrong in message
    assert "did you mean" in message.lower()
    assert right in message
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("method", ["quantum", "", 3, None, int])
def test_method_that_is_nothing_like_one(method: Any) -> None:
    """Breaks if a method far from every name, or of another type, is not refused with what is possible."""
    with pytest.raises(OptionError, match="forward.*reverse" if isinstance(method, str) else "name or a Differentiator.*method="):
        ad.gradient(total, V, method=method)


@every_mode
@pytest.mark.parametrize(
    "v", [np.ones(2), 1.0, np.ones((3, 1)), np.ones((2, 4)), np.ones((2, 2, 3)), np.zeros((0, 2))], ids=np.shape
)
def test_wrong_tangent_shapes(v: Any, method: str) -> None:
    """Breaks if a tangent of another shape is broadcast, or the message does not show both shapes."""
    for call in (lambda: ad.jvp(loss, V, v, method=method), lambda: ad.vjp(loss, V, method=method)[1](v)):
        with pytest.raises(ShapeError) as caught:
            call()
        assert str(np.shape(v)) in str(caught.value)
        assert "(3,)" in str(caught.value)


@every_mode
def test_wrong_vector_of_hvp(method: str) -> None:
    """Breaks if hvp broadcasts its vector."""
    for v in (1.0, np.ones(2), np.ones((3, 1))):
        with pytest.raises(ShapeError, match=r"\(3,\)"):
            ad.hvp(total, V, v, method=method)


@every_mode
@pytest.mark.parametrize("v", [1j * np.ones(3), np.array(["a", "b", "c"]), None, "v", [1.0, [2.0], 3.0]], ids=repr)
def test_tangents_that_are_no_real_arrays(v: Any, method: str) -> None:
    """Breaks if complex, text, ragged or missing seeds give anything but our error."""
    with pytest.raises(AdmodesError):
        ad.jvp(loss, V, v, method=method)
    with pytest.raises(AdmodesError):
        ad.vjp(loss, V, method=method)[1](v)


@every_mode
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", [np.ma.array, np.asmatrix], ids=["masked", "matrix"])
def test_arrays_that_are_more_than_arrays(kind: Any, method: str) -> None:
    """Breaks if a mask is dropped, or a matrix differentiated as if its * were that of arrays."""
    x = kind([1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"Pass (x\.filled|np\.asarray)"):
        ad.gradient(loss, x, method=method)
    with pytest.raises(InputError, match=re.escape("x['w'] is a")):
        ad.gradient(lambda p: np.sum(p["w"]), {"w": x}, method=method)


@exact_modes
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_constants_that_are_more_than_arrays(method: str) -> None:
    """Breaks if an operand's own arithmetic is replaced by that of arrays, or another subclass spoils the shapes."""
    for constant in (np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), np.asmatrix(np.eye(3))):
        with pytest.raises(InputError, match="plain array"):
            ad.gradient(lambda x, c=constant: np.sum(x @ c if c.ndim > 1 else x * c), V, method=method)
    own = np.array([1.0, 2.0, 3.0]).view(type("Own", (np.ndarray,), {}))
    gradient = ad.gradient(lambda x: np.sum(np.sin(x * own)) + own @ x + np.sum(own - x), V, method=method)
    np.testing.assert_allclose(gradient, np.asarray(own * np.cos(V * own) + own - 1.0), rtol=1e-14)


@exact_modes
def test_texts_of_arrays_hold_no_numbers(method: str) -> None:
    """Breaks if a number can be read back from NumPy's text of a traced array: it would be a constant."""
    for text in (np.array2string, np.array_repr, np.array_str):
        with pytest.raises(TracedValueError, match="read back"):
            ad.gradient(lambda x, text=text: float(text(x[:1])) * x[1], V, method=method)


@exact_modes
def test_remembered_calls_are_the_same_calls(method: str) -> None:
    """Breaks if an axis that NumPy refuses is taken for an equal one that came before."""
    assert ad.gradient(lambda x: np.sum(np.sum(x, axis=1)), np.ones((2, 2)), method=method).sum() == 4.0
    for axis in (1.0, np.float64(1.0)):
        with pytest.raises(TypeError):
            ad.gradient(lambda x, axis=axis: np.sum(np.sum(x, axis=axis)), np.ones((2, 2)), method=method)


@every_mode
def test_integer_and_list_seeds(method: str) -> None:
    """Breaks if seeds given as integers or lists are refused, or change the result's dtype."""
    for seed in ([1, 0, 2], np.array([1, 0, 2]), (1.0, 0, 2)):
        _, tangent = ad.jvp(loss, V, seed, method=method)
        np.testing.assert_allclose(tangent, [2.0, 0, 4.0], rtol=1e-6)
        assert tangent.dtype == np.float64
        np.testing.assert_allclose(ad.vjp(loss, V, method=method)[1](seed), [2.0, 0, 4.0], rtol=1e-6)


@every_mode
@pytest.mark.parametrize("f", [3.0, None, "f", V, [loss]], ids=lambda f: type(f).__name__)
def test_f_that_is_not_callable(f: Any, method: str) -> None:
    """Breaks if swapped or missing arguments do not give a clear error."""
    with pytest.raises(InputError, match=rf"function.*{type(f).__name__}"):
        ad.gradient(f, V, method=method)


@every_mode
def test_f_with_another_number_of_arguments(method: str) -> None:
    """Breaks if Python's own message about missing arguments is hidden."""
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        ad.gradient(lambda x, y: x * y, 1.0, method=method)


@exact_modes
def test_message_has_no_array_dump(method: str) -> None:
    """Breaks if a message prints whole arrays."""
    mask = np.arange(500) % 3 == 0
    for f in (
        lambda x: np.exp(x, where=mask, out=np.zeros(500)),
        lambda x: np.sum(x, where=mask, out=x[0]),
        lambda x: float(x),
        lambda x: {x: 1},
    ):
        with pytest.raises(AdmodesError) as caught:
            ad.jacobian(f, np.ones(500), method=method)
        assert len(str(caught.value)) < 500
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["auto", *MODES])
def test_failing_call_can_be_corrected(method: str) -> None:
    """Breaks if a refused call changes what the next, correct one returns."""
    with pytest.raises(AdmodesError):
        ad.gradient(loss, V, method=method)
    np.testing.assert_allclose(ad.gradient(total, V, method=method), np.ones(3), rtol=1e-6)


def test_options_that_are_unknown() -> None:
    """Breaks if a misspelt option is swallowed."""
    with pytest.raises(TypeError):
        ad.gradient(total, V, metod="reverse")
    with pytest.raises((TypeError, OptionError)):
        ad.CentralDifferences(ordr=2)
