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
