#!/usr/bin/env bash
# Runs once when Gradescope builds the image of an assignment: a Python of our own, and what this unit needs.
#
# The base image brings an older Python than the course needs (3.11), so a pinned one is installed beside it with uv, a single
# program that comes from PyPI and downloads a standalone CPython. An interpreter that is new enough is used as it is.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
source="$root/source"
environment="$root/environment"
version="3.11"

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=""
for candidate in ${AUTOGRADER_PYTHON:-} /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3; do
  if [ -x "$candidate" ] && usable "$candidate"; then python="$candidate"; break; fi
done

if [ -n "$python" ]; then
  echo "Using $python ($("$python" --version))"
  "$python" -m venv "$environment"
  install=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check)
else
  echo "No Python >= $version here: installing one with uv"
  if ! command -v pip3 >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-pip; fi
  pip3 install --quiet uv==0.9.9
  export UV_PYTHON_INSTALL_DIR="$root/python"   # readable for every user, unlike root's home
  uv venv --quiet --python "$version" --python-preference only-managed "$environment"
  install=(uv pip install --quiet --python "$environment/bin/python" --torch-backend cpu)
fi

"${install[@]}" -r "$source/requirements.txt"

# Bytecode once, not for every submission: it is not written while grading, and uv leaves it out.
"$environment/bin/python" -m compileall -qq "$environment/lib" "$source/packages" >/dev/null || true  # some packages hold templates

# Graded cells may import the part of the course's library that holds no solution, from a folder of its own.
library="$environment/library/llmcourse"
mkdir -p "$library"
parts=$(PYTHONPATH="$source/packages" "$environment/bin/python" -P -m autograder.isolation.library "$source/packages/llmcourse")
while read -r part; do cp -r "$part" "$library/"; done <<< "$parts"
chmod -R a+rX "$environment"
ldconfig -p | grep -q libseccomp || { apt-get update -qq && apt-get install -y -qq libseccomp2; }
PYTHONPATH="$source/packages" "$environment/bin/python" -P -m autograder isolation ||
  echo "Submissions would not be contained here: hidden tests would not run."
