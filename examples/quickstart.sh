#!/usr/bin/env bash
# From a fresh Debian 12 to a running model: sets up, builds Release, installs into build/install, opens a tiny
# checkpoint, says what it is, generates, and compares with the tokens that PyTorch transformers generated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

model=tests/golden/tiny_kv4
given=examples/quickstart/prompt.ids
stored=examples/quickstart/expected.ids
talaria=build/install/bin/talaria
count=0
steps=4

step() {
  count=$((count + 1))
  printf '\n== %d/%d %s\n' "$count" "$steps" "$1"
}

step "set up"
tests/setup.sh build

step "build and install into build/install"
cmake --preset release
cmake --build build/release -j "$(nproc)"
cmake --install build/release --prefix build/install >/dev/null

step "what $model is"
"$talaria" inspect "$model"

step "generate 24 tokens after $(wc -w <"$given")"
generated=$("$talaria" generate "$model" --ids-file "$given" -n 24 --greedy --print ids | xargs)
expected=$(xargs <"$stored")
echo "prompt     $(xargs <"$given")"
echo "generated  $generated"
echo "stored     $expected"
if [[ "$generated" != "$expected" ]]; then
  echo "The generated tokens differ from the stored ones." >&2
  exit 1
fi
echo "The generated tokens equal the stored ones, which PyTorch transformers made."
