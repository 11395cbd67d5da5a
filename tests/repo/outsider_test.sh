#!/usr/bin/env bash
# outsider_test.sh BUILD WORK: installs BUILD, moves the installed tree elsewhere, and uses it as a stranger would: the
# examples by find_package, a C program by pkg-config. Everything is made anew below WORK.
set -euo pipefail

build=$(cd "$1" && pwd)
work=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rm -rf "$work"
mkdir -p "$work"
cd "$work"

cmake --install "$build" --prefix "$PWD/first" >/dev/null
mv first prefix

echo "== the examples, by find_package"
cmake -G Ninja -S "$source/examples" -B examples -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH="$PWD/prefix"
cmake --build examples
for talaria in examples/cli/talaria prefix/bin/talaria; do
  "$talaria" generate "$source/tests/golden/tiny_kv4" --ids-file "$source/examples/quickstart/prompt.ids" -n 24 \
    --greedy --print ids | diff - "$source/examples/quickstart/expected.ids"
done

echo "== a C program, by pkg-config"
libraries=$(dirname "$(find prefix -name libtalaria.so)")
export PKG_CONFIG_PATH=$PWD/$libraries/pkgconfig
cat >version.c <<'C'
#include <stdio.h>
#include <talaria/talaria.h>
int main(void) {
  printf("%u\n", (unsigned)talaria_version());
  return talaria_version() == 0;
}
C
read -ra flags < <(pkg-config --cflags --libs talaria)
cc -std=c99 -Wall -Wextra -Wpedantic -Werror version.c -o version "${flags[@]}" "-Wl,-rpath,$PWD/$libraries"
./version
