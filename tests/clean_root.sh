#!/usr/bin/env bash
# Proves the README's two commands on a fresh system: makes a bare Debian 12 in FOLDER with git and nothing else, gives it
# this machine's network settings (sources and keys of apt, settings of pip, CA certificates), clones the committed project
# into it, with the fixtures beside it where there are any, and runs there what is given, or examples/quickstart.sh and
# then tests/run.sh, each twice. Needs root and debootstrap; not part of tests/run.sh.
#
#   tests/clean_root.sh FOLDER [COMMAND]
set -euo pipefail

fail() {
  printf 'clean_root: %s\n' "$*" >&2
  exit 1
}

(($# >= 1)) || fail "usage: tests/clean_root.sh FOLDER [COMMAND]"
(($(id -u) == 0)) || fail "needs root: it makes a system and enters it"
command -v debootstrap >/dev/null || fail "debootstrap is not installed"
mkdir -p "$1"
root=$(cd "$1" && pwd)
[[ -z "$(ls -A "$root")" ]] || fail "$root: expected an empty folder"
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
inside=/srv/talaria
again='examples/quickstart.sh && examples/quickstart.sh && tests/run.sh && tests/run.sh'
command=${2:-$again}

# The address this machine's apt has its Debian from, in either format of its sources.
mirror=$(grep -rhoE -m 1 '(file|https?)://[^ ]+/debian/?( |$)' /etc/apt/sources.list* | sed -n '1s/ *$//p' || true)
[[ -n "$mirror" ]] || fail "found no Debian among the sources of apt"

mounted=()
leave() {
  local at
  for at in "${mounted[@]}"; do umount -l "$at" || true; done
}
trap leave EXIT

# share KIND ARGUMENTS... TARGET: mounts into the root; where that is not allowed, goes on without.
share() {
  local target=${*: -1}
  mkdir -p "$target"
  if mount "$@" 2>/dev/null; then
    mounted=("$target" "${mounted[@]}")
  else
    echo "clean_root: $target could not be mounted"
  fi
}

echo "== bare system in $root"
debootstrap --variant=minbase --include=git bookworm "$root" "$mirror"

echo "== settings of this machine"
for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf /etc/apt/apt.conf.d /etc/apt/auth.conf.d \
  /etc/apt/keyrings /etc/apt/trusted.gpg.d /usr/share/keyrings /etc/pip.conf /etc/ssl/certs \
  /usr/local/share/ca-certificates /usr/share/ca-certificates /etc/resolv.conf /etc/hosts; do
  [[ -e "$path" ]] || continue
  rm -rf "${root:?}$path"
  mkdir -p "$root$(dirname "$path")"
  cp -aL "$path" "$root$path" 2>/dev/null || echo "clean_root: $path could not be copied whole"
done
for variable in SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT PIP_CONFIG_FILE REQUESTS_CA_BUNDLE; do
  file=${!variable:-}
  [[ -f "$file" && ! -e "$root$file" ]] || continue
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done

echo "== project"
git clone --quiet --no-local "$project" "$root$inside"
if [[ -d "$project/../shared" ]]; then
  cp -aL "$project/../shared" "$root$(dirname "$inside")/shared"
fi

share -t proc proc "$root/proc"
share --rbind /dev "$root/dev"

echo "== in it: $command"
start=$SECONDS
chroot "$root" /usr/bin/env HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  bash -c "cd $inside && $command"
echo "== clean_root: passed in $((SECONDS - start)) s"
