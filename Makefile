# make            everything: environment, exercises, book, graded samples
# make help       the other targets
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

ENV := .venv
RUN := $(ENV)/bin
EXTRAS := notebook,cells,grade,cluster,sandbox,nbgrader,otter,book,pdf,slides,torch,web,test
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One thread a process: grading, tests and figures then give the same times and results on every machine.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
# Bytecode is kept even where the surroundings say otherwise: grading and testing start hundreds of Pythons.
unexport PYTHONDONTWRITEBYTECODE

LIBRARY := $(shell find llmcourse autograder -type f -not -path '*/__pycache__/*' 2>/dev/null)
MASTERS := $(wildcard solutions/*)
SAMPLES := $(wildcard tests/submissions/*)
MADE := build

.PHONY: all test book pdf slides assign grade bench ladder mutants lint wheel clean help

all: assign book grade
	@echo
	@cat $(MADE)/grades.txt
	@echo
	@echo "Book: $(CURDIR)/book/_build/html/index.html"

help:
	@echo "make          set up, assign the units, build the book, grade the sample submissions"
	@echo "make test     run the tests"
	@echo "make book     the book alone          make assign   notebooks, zips, nbgrader course, student bundle"
	@echo "make pdf      the book as one PDF, dist/llmcourse.pdf (needs Chromium)"
	@echo "make slides   a deck of slides for every unit, dist/slides/"
	@echo "make grade    the sample submissions  make bench    the benchmarks (needs a C++ compiler and cmake)"
	@echo "make ladder   train and measure every model of the course at equal tokens (under 25 minutes on two cores; goes on if stopped)"
	@echo "make wheel    wheel and source archive of the whole course, in dist/package"
	@echo "make mutants  change the code at random and count what the tests notice (hours; MODULES=autograder.values for some)"
	@echo "make lint     ruff and mypy           make clean    remove all that was made, the environment too"
	@echo "make PYTHON=/path/to/python3          use this interpreter for a new environment"

$(ENV)/.installed: pyproject.toml constraints.txt
	@if [ ! -x $(RUN)/python ] || ! $(RUN)/python -c '' 2>/dev/null; then \
	  python=$$(PYTHON="$(PYTHON)" ./find_python.sh); echo "Creating $(ENV) with $$python ($$($$python --version))"; \
	  rm -rf $(ENV); "$$python" -m venv $(ENV); fi
	@echo "Installing the locked packages (a few minutes the first time)"
	@rm -rf *.egg-info  # of an earlier build: Python would take it for what is installed
	@$(RUN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[$(EXTRAS)]'
	@$(RUN)/python -m compileall -qq -j 0 $(ENV)/lib llmcourse autograder || true  # pip would compile on one core
	@$(RUN)/python -m pip check --quiet || $(RUN)/python -m pip check
	@touch $@

assign: $(MADE)/assigned
$(MADE)/assigned: $(ENV)/.installed $(LIBRARY) $(MASTERS)
	@mkdir -p $(MADE)
	$(RUN)/autograder assign
	@touch $@

book: $(ENV)/.installed $(MADE)/assigned
	$(RUN)/python book/build.py

pdf: book
	$(RUN)/python book/pdf.py

slides: book
	$(RUN)/python book/slides.py

grade: $(MADE)/grades.txt
$(MADE)/grades.txt: $(MADE)/assigned $(SAMPLES)
	$(RUN)/python tests/samples.py > $@.new
	@mv $@.new $@

# KenLM is built from source (a C++ compiler and cmake); where that fails, the tests that compare with it are skipped.
test: $(ENV)/.installed $(MADE)/assigned
	@$(RUN)/python -c 'import kenlm, polars, gensim, tiktoken, tokenizers, transformers' 2>/dev/null || $(RUN)/python -m pip install --quiet -c constraints.txt -e '.[bench]' \
	  || echo "KenLM could not be built: the tests that compare with it are skipped"
	$(RUN)/python book/build.py
	$(RUN)/python -m pytest -n auto --cov

bench: $(ENV)/.installed
	$(RUN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	$(RUN)/python -m benchmarks

# Rows that are finished lie in build/ladder until all are: stopped, it goes on where it was.
ladder: $(ENV)/.installed
	$(RUN)/python book/ladder_data.py

mutants: $(ENV)/.installed
	$(RUN)/python tests/mutants.py $(MODULES)

# Of the whole course, for instructors; students get the wheel in dist/student, which holds no solution.
wheel: $(ENV)/.installed
	@$(RUN)/python -m pip install --quiet -c constraints.txt -e '.[release]'
	rm -rf dist/package
	$(RUN)/python -m build --outdir dist/package
	@rm -rf *.egg-info

lint: $(ENV)/.installed
	$(RUN)/ruff check .
	$(RUN)/mypy

clean:
	rm -rf $(ENV) $(MADE) dist book/_build *.egg-info .pytest_cache .ruff_cache .mypy_cache .coverage .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
