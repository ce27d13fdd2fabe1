# make report    measure the methods on this machine and write a page about it
# make test      lint, types, tests and the examples of the documentation
#
# Both make .venv on their first run and leave it alone on later ones, unless pyproject.toml or the
# version has changed or the folder has moved. Programs in .venv/bin name the place they were made in,
# so everything runs as `.venv/bin/python -m ...`; all paths are relative, so blanks in them do no harm.

PYTHON ?= python3
PYTEST_OPTIONS ?= --numprocesses auto

python = .venv/bin/python

.NOTPARALLEL:
.PHONY: help report test always

help:
	@sed -n '/^$$/q; s/^# //p' Makefile

report: .venv/report.installed
	@$(python) -m admodes report --quick

test: .venv/test.installed
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy --strict admodes
	$(python) -m pytest $(PYTEST_OPTIONS)

.venv/report.installed: extra = data
.venv/test.installed: extra = test
.venv/%.installed: .venv/place pyproject.toml admodes/_version.py
	@echo "Installing admodes[$(extra)] into .venv ..."
	@$(python) -m pip install --quiet --disable-pip-version-check --editable '.[$(extra)]'
	@touch $@

# Written anew only when the folder lies elsewhere than before: an editable install points to the folder.
.venv/place: always
	@test -f $@ && test -x $(python) || $(python) -m pip --version >/dev/null 2>&1 || { \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=...")' && \
	    $(PYTHON) -m venv --clear .venv || { rm -rf .venv; exit 1; }; }
	@pwd -P | cmp -s - $@ || pwd -P > $@
