# What the scripts share. Sourced, never run.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

# Objects are shared between clones and presets; the two sloppinesses are what precompiled headers need.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

node_folder="$root/tests/end_to_end"
node="$node_folder/node_modules/node/bin/node"

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

whole_number() { [[ "$1" =~ ^[1-9][0-9]*$ ]]; }

installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# Installs those of these Debian packages that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "run as root, or install sudo: these packages are missing: ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing from Debian: ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# install_npm FOLDER: what its package-lock.json names, into FOLDER/node_modules, unless it is there.
install_npm() {
  local folder="$1" stamp="$1/node_modules/.installed" lock
  lock="$(sha256sum <"$folder/package-lock.json")"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$lock" ]; then return 0; fi
  say "installing by npm into ${folder#"$root"/}/node_modules"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$lock" >"$stamp"
}

# Names of `folder/*_fuzz.cpp` without the ending.
fuzzers() { find tests/fuzz -name '*_fuzz.cpp' -printf '%f\n' 2>/dev/null | sed 's/\.cpp$//' | sort; }

# Configures a preset once; CMake itself notices later changes.
configure() {
  local preset="$1"
  if [ ! -f "build/$preset/build.ninja" ]; then
    cmake --preset "$preset"
  fi
}

# build PRESET [TARGET...]
build() {
  local preset="$1"
  shift
  configure "$preset"
  if [ $# -gt 0 ]; then
    cmake --build --preset "$preset" --target "$@"
  else
    cmake --build --preset "$preset"
  fi
}

# A loop of idle priority on each core until the script ends: a virtual machine's host gives a core that fell asleep back
# late, by milliseconds when it is busy, and that is no time of Parlance's. Such a loop takes no time from what works.
keep_cores_awake() {
  local core loops=()
  for ((core = 0; core < $(nproc); ++core)); do
    chrt --idle 0 bash -c 'while :; do :; done' &
    loops+=($!)
  done
  # shellcheck disable=SC2064
  trap "kill ${loops[*]}" EXIT
}
