"""The report: pages and figures made from results on disk. Nothing here measures."""

from .page import write_report

__all__ = ["write_report"]
