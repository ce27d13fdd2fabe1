"""Published tables made anew beside the published values, and the lectures' claims put to the test."""

from .claims import Claim, Claims
from .registry import CLAIMS, REPRODUCTIONS, examine_claims, reproduce
from .values import Reproduction, Table, Value

__all__ = ["CLAIMS", "REPRODUCTIONS", "Claim", "Claims", "Reproduction", "Table", "Value", "examine_claims", "reproduce"]
