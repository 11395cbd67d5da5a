#!/usr/bin/env bash
# From a fresh Debian 12 to a talking character: sets up, builds Release, installs into build/install, compares the
# tokens of a tiny checkpoint with those of PyTorch transformers, and holds a short conversation that ends in a tool call.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

model=tests/golden/tiny_kv4
given=examples/quickstart/prompt.ids
stored=examples/quickstart/expected.ids
talaria=build/install/bin/talaria
pocket=examples/pocket/model
count=0
steps=5

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

step "talk with a character: $pocket, a model of 7 million parameters"
build/release/examples/example_tool_call "$pocket"

cat <<END

What to try next:
  $talaria chat $pocket --system 'You are Brida, a smith from Oakmoor. Your dog is named Thud.'
  $talaria inspect $pocket
  $talaria bench $pocket
  examples/tool_call.c is the conversation above in C; README.md has the first steps in C and C++.
END
