"""The extension for notebooks: ``%load_ext admodes``, then ``%gradcheck``, ``%difftime`` and ``%trace``."""

from .magics import load_ipython_extension as load_ipython_extension
from .magics import unload_ipython_extension as unload_ipython_extension
