# make run: the portal with demo data. make test: everything that must hold. make faults: what happens when something
# dies. make bench: how fast the durable work is. make coverage: which branches no test takes. make grade: what strangers'
# graders say of every page. All build what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where it is set, each of the hundreds of programs that tests start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test coverage faults azure grade bench bench-desk bench-estate bench-visit check fmt messages lock

run: $(VENV)/.installed
	@exec $(BIN)/python manage.py demo

test: $(VENV)/.installed
	@$(BIN)/python manage.py verify

# The floor is in pyproject.toml.
coverage: $(VENV)/.installed
	@$(BIN)/python -m pytest -p no:schemathesis --ignore=tests/api/test_contract.py -n 2 -m "not faults and not e2e" \
	  --cov --cov-report=term:skip-covered

faults: $(VENV)/.installed .run/bench/.installed
	@$(BIN)/python manage.py verify --faults

# Every page as each reader, under the graders of tests/grade: OPTIONS="--sample", "--pages desk --graders axe,nu".
grade: $(VENV)/.installed .run/grade/.installed
	@$(BIN)/python -m tests.grade $(OPTIONS)

check: $(VENV)/.installed
	@$(BIN)/python manage.py verify --no-tests

# The durable work against its controls, in one run: NAMES="sweep road", JSON=bench.json.
bench: $(VENV)/.installed .run/bench/.installed
	@$(BIN)/python -m tests.bench $(NAMES) $(if $(JSON),--json $(JSON))

# The desk at two sizes of the channel, in one run: SIZES="1000 1000000"; KEEP=folder builds each size there once.
bench-desk: $(VENV)/.installed
	@$(BIN)/python -m tests.bench.desk $(SIZES) $(if $(KEEP),--keep $(KEEP))

# The largest estate, imported and planned, beside only reading its file: ROWS=50000, JSON=estate.json.
bench-estate: $(VENV)/.installed
	@$(BIN)/python -m tests.bench.estate $(if $(ROWS),--rows $(ROWS)) $(if $(JSON),--json $(JSON))

# A visitor's way from the home page to the first saved answer, and the suggestions beside the page alone.
bench-visit: $(VENV)/.installed
	@$(BIN)/python -m tests.bench.visit

# Procrastinate and psycopg 3: what ours is measured and tried against.
.run/bench/.installed: tests/bench/requirements.lock
	@$(PYTHON) -m venv .run/bench
	@.run/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# The graders: Node's in .run/grade, Python's in an environment of their own there.
GRADE := tests/grade
.run/grade/.installed: $(wildcard $(GRADE)/package*.json $(GRADE)/node/*.mjs) $(GRADE)/requirements.lock
	@for program in node npm java; do command -v $$program >/dev/null || \
	  { echo "make grade needs $$program (Node 20 with npm, Java 11 or newer)"; exit 1; }; done
	@mkdir -p .run/grade && cp $(GRADE)/package*.json $(GRADE)/node/*.mjs .run/grade/
	@npm ci --prefix .run/grade --ignore-scripts --no-audit --no-fund --loglevel error
	@$(PYTHON) -m venv .run/grade/venv
	@.run/grade/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement $(GRADE)/requirements.lock
	@touch $@

# The stores of documents and of the warehouse, on Azurite, Microsoft's emulator of Azure. Without it these are skipped.
azure: $(VENV)/.installed .run/azurite/.installed
	@$(BIN)/python -m pytest -p no:schemathesis tests/portal/stores tests/portal/warehouse -k azure

.run/azurite/.installed: $(wildcard tests/portal/stores/node/package*.json)
	@command -v npm >/dev/null || { echo "make azure needs Node 20 with npm"; exit 1; }
	@mkdir -p .run/azurite && cp tests/portal/stores/node/package*.json .run/azurite/
	@npm ci --prefix .run/azurite --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

# Resolves pyproject.toml again, with what is locked kept where it may stay; UPGRADE=--upgrade takes the newest.
lock: $(VENV)/.installed
	@$(PYTHON) -m venv .run/lock
	@.run/lock/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.6'
	@.run/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-header \
	  --no-emit-find-links --all-extras $(UPGRADE) --output-file requirements.lock pyproject.toml
	@$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python manage.py lock

fmt: $(VENV)/.installed
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

# The languages that are not English.
TRANSLATED := fr de

messages: $(VENV)/.installed
	@$(BIN)/python manage.py makemessages $(TRANSLATED:%=--locale %) --no-location --no-obsolete --ignore .venv --ignore .run --ignore staticfiles
	@$(BIN)/python manage.py data_messages $(TRANSLATED:%=--locale %)
	@$(BIN)/python manage.py compilemessages $(TRANSLATED:%=--locale %) --ignore .venv --verbosity 0

# The lock is complete: nothing is to be resolved. What is imported is compiled then.
$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --requirement requirements.lock
	@touch $@
