"""The version, stated here and read by the build; a plain string costs nothing to import."""

__version__ = "0.1.0.dev0"
