#!/usr/bin/env bash
# Print an interpreter that the course can use: Python 3.11 or newer, with venv, readable for every user.
#
# Grading runs a student's code as an unprivileged user, who must be able to read the interpreter; one that lies in a private
# home folder (pyenv in root's home, say) cannot be used by root.
set -u
wanted="3.11"

new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Every folder on the way to the interpreter and to its library can be entered by others.
readable() {
  "$1" - <<'PYTHON' 2>/dev/null
import os, stat, sys
paths = {os.path.realpath(sys.executable), os.path.realpath(os.__file__), os.path.realpath(sys.base_prefix)}
ok = True
for path in paths:
    while True:
        mode = os.stat(path).st_mode
        ok &= bool(mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH))
        if path == os.path.dirname(path):
            break
        path = os.path.dirname(path)
sys.exit(not ok)
PYTHON
}

private=""
for name in ${PYTHON:-} python3.13 python3.12 python3.11 /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3 python3; do
  path=$(command -v "$name" 2>/dev/null) || continue
  new_enough "$path" || continue
  if [ "$(id -u)" != 0 ] || readable "$path"; then
    echo "$path"
    exit 0
  fi
  private="$path"
done

{
  if [ -n "$private" ]; then
    echo "$private is new enough, but lies in a folder that other users cannot read, and root grades as another user."
  else
    echo "No Python >= $wanted with the venv module was found."
  fi
  echo "Get one:  Debian/Ubuntu: apt-get install python3 python3-venv     macOS: brew install python@3.13"
  echo "Or name one:  make PYTHON=/path/to/python3"
} >&2
exit 1
