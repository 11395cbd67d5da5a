#!/usr/bin/env bash
# Sets up, builds what the tests of every preset need, and runs all of them: `tests/run.sh`. With `nightly`, the long ones too.
# Ends with the summary of one ctest run over everything; its exit status is the script's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

nightly=()
case "${1:-}" in
  "") ;;
  nightly) nightly=(--nightly) ;;
  *)
    echo "usage: tests/run.sh [nightly]" >&2
    exit 2
    ;;
esac

jobs=$(nproc)
steps=()

# step NAME COMMAND...: runs it under a heading; a failure ends the run with the step's name.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  if ! "$@"; then
    printf '\n== %s: FAILED after %d s\n' "$name" $((SECONDS - start)) >&2
    exit 1
  fi
  steps+=("$(printf '%5d s  %s' $((SECONDS - start)) "$name")")
}

# build PRESET [TARGET]: all of it, or the target and what it needs.
build() {
  cmake --preset "$1" && cmake --build "build/$1" -j "$jobs" --target "${2:-all}"
}

step "set up" tests/setup.sh tests
step "build dev: gcc, optimised" build dev
step "configure clang: clang-tidy reads its compile commands" cmake --preset clang
step "build asan: clang with the same warnings, AddressSanitizer, UBSan, fuzz targets" build asan
step "build tsan: ThreadSanitizer" build tsan threaded_tests

# All of dev and asan; of clang its clang-tidy; under ThreadSanitizer what uses threads: the target
# threaded_tests of tests/CMakeLists.txt builds what the names here need.
step "gather the tests of all builds" python3 -B tests/repo/all_tests.py build/all "${nightly[@]}" \
  --tests dev build/dev '.*' \
  --tests clang build/clang 'repo_tidy.*' \
  --tests asan build/asan '.*' \
  --tests tsan build/tsan '(base|backend|kv|engine|endpoint|distributed|capi|backends)(_.*)?_test|(capi|conformance)_.*'

printf '\n== times so far\n'
printf '%s\n' "${steps[@]}"
printf '\n== test\n'
exec ctest --test-dir build/all -j "$jobs" --output-on-failure --no-tests=error --timeout 1200
