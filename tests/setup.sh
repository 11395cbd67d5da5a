#!/usr/bin/env bash
# Installs what Debian 12 needs to build talaria ("build") and to run every test as well ("tests"). Needs root or sudo
# only where something is missing, and may be run any number of times.
set -euo pipefail

to_build=(git cmake ninja-build g++ pkg-config libabsl-dev nlohmann-json3-dev libpcre2-dev libcli11-dev)
to_test=(clang libclang-rt-14-dev llvm clang-format clang-tidy doctest-dev abigail-tools shellcheck python3 python3-jsonschema binutils)

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

case "${1:-}" in
  build) wanted=("${to_build[@]}") ;;
  tests) wanted=("${to_build[@]}" "${to_test[@]}") ;;
  *)
    echo "usage: tests/setup.sh build|tests" >&2
    exit 2
    ;;
esac

# Prints those of the packages named that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    if [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
      echo "$package"
    fi
  done
}

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is no Debian; needed are, by their names there: ${wanted[*]}"
  exit 0
fi
mapfile -t missing < <(missing_of "${wanted[@]}")
if ((${#missing[@]} == 0)); then
  echo "setup: all ${#wanted[@]} packages are there"
  exit 0
fi

echo "setup: installing ${#missing[@]} packages: ${missing[*]}"
as_root=()
if (($(id -u) != 0)); then
  command -v sudo >/dev/null || fail "needs root or sudo to install: ${missing[*]}"
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
# One source that cannot be reached does not matter where the others have the packages; the next step decides.
"${apt[@]}" update || echo "setup: the package lists could not all be renewed"
"${apt[@]}" install --no-install-recommends "${missing[@]}" || true
mapfile -t missing < <(missing_of "${wanted[@]}")
if ((${#missing[@]} > 0)); then
  fail "could not install (no network, or no such package here): ${missing[*]}"
fi
echo "setup: done"
