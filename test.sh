#!/usr/bin/env bash
# Builds everything with warnings as errors, checks the browser client's types, and runs all tests.
# Installs what they need where apt-get and the right to use it are there. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

has() { type -P "$1" >/dev/null; }

find_chromium() {
  local name
  for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
    type -P "$name" && return
  done
  return 1
}

# Whether a C compiler can link a program, as native code needs it.
can_link() {
  local compiler
  for compiler in clang gcc; do
    has "$compiler" && echo 'int main(void) { return 0; }' | "$compiler" -x c - -o /dev/null 2>/dev/null && return
  done
  return 1
}

# What is not there, by the names of Debian's packages.
missing() {
  has redis-server || echo redis-server
  find_chromium >/dev/null || echo chromium
  has node || echo nodejs
  has npm || echo npm
  can_link || printf '%s\n' gcc libc6-dev
}

install() {
  local as_root=()
  has apt-get || return 0
  if ((EUID != 0)); then
    has sudo || return 0
    as_root=(sudo)
  fi
  echo "Installing $*"
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || true
}

tools() {
  local names
  has dotnet || { echo "The .NET SDK 10 is missing: install it first." >&2; exit 1; }
  mapfile -t names < <(missing)
  ((${#names[@]} == 0)) || install "${names[@]}"
  mapfile -t names < <(missing)
  if ((${#names[@]} > 0)); then
    echo "Missing: ${names[*]}. Install them (these are the names of Debian's packages) and run this again." >&2
    echo "A Chromium or Chrome that is not on the PATH can be named in the environment variable CHROMIUM." >&2
    exit 1
  fi
  CHROMIUM=$(find_chromium)
  export CHROMIUM
}

check_types() {
  echo "Checking the types of the browser client"
  (cd clients/javascript && npm ci --silent --no-audit --no-fund && npm run --silent check)
}

# These need no browser. Mesh.EndToEnd.Tests runs the shared ones in one.
run_browser_client_tests() {
  node --test --test-reporter=spec clients/javascript/test/*.test.js
}

# Failures are told as they happen; what passed is only counted. Two projects at a time, and then by themselves the tests in
# browsers and with killed processes, which are of real time and take the machine.
run_dotnet_tests() {
  local ended=0 alone=tests/Mesh.EndToEnd.Tests/Mesh.EndToEnd.Tests.csproj
  local test=(dotnet test --no-build --no-ansi --no-progress --project)
  grep --files-with-matches xunit.v3 tests/*/*.csproj | grep --invert-match "$alone" | xargs -n 1 -P 2 "${test[@]}" || ended=1
  "${test[@]}" "$alone" || ended=1
  return "$ended"
}

# Adds up what both runners said, and the type check as one more test.
count() {
  awk -v types="$1" '
    /^(  succeeded:|ℹ pass) [0-9]+$/ { passed += $NF }
    /^(  failed:|ℹ fail) [0-9]+$/ { failed += $NF }
    /^(  skipped:|ℹ skipped) [0-9]+$/ { skipped += $NF }
    END {
      if (!(ran = passed + failed)) print "No test ran."
      if (types == "right") passed++; else { failed++; print "The types of the browser client are wrong." }
      printf "%d passed, %d failed", passed, failed
      if (skipped) printf ", %d skipped", skipped
      print ""
      exit !ran || failed > 0
    }' test.log
}

tools
# One compiler for all projects, whatever the environment says: starting one for each takes longer than what it does.
dotnet build Mesh.slnx -v quiet --nologo -p:UseSharedCompilation=true
# Beside the tests of .NET it would take their time. If it fails, it does so again in them.
dotnet publish tests/Mesh.Client.Aot -v quiet --nologo -p:UseSharedCompilation=true &
aot=$!

types=right ended=0
check_types || types=wrong
run_browser_client_tests 2>&1 | tee test.log || ended=1
wait "$aot" || true
run_dotnet_tests 2>&1 | tee -a test.log || ended=1
echo
count "$types" || ended=1
exit "$ended"
