# make run, make test, make check: everything else is in wxportal/local/ and README.md.
#
# PYTHON=… chooses the Python that .venv is made with. 3.12 and 3.11 come first: for them a Redis comes with the packages.
usable = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
names = python3.12 python3.11 python3.13 python3.14 python3 python
PYTHON ?= $(shell for name in $(names); do $$name -c '$(usable)' >/dev/null 2>&1 && echo $$name && exit; done; \
	for name in python3 python; do command -v $$name >/dev/null && echo $$name && exit; done)

.PHONY: run test check

run test check:
	@test -n "$(PYTHON)" || { echo "wxportal needs Python 3.11 or newer, and there is no python3 on the PATH."; exit 1; }
	@exec $(PYTHON) wxportal/local/bootstrap.py $@
