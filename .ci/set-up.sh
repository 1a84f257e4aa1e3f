#!/usr/bin/env bash
# Installs the dependencies and builds, each only when it is due. Set up is what `npm start` and `npm test` begin with.
#
# A server started from this folder holds .ci/.running shared as long as it lives (see start.sh), and packages are only
# replaced by whoever holds it alone: a reinstallation would pull the modules out from under a running process.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

command -v node >/dev/null || fail 'Seed needs Node 20.19 or newer, and there is no node on the PATH.'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  fail "Seed needs Node 20.19 or newer, and this is Node $(node --version)."

if ! node .ci/installed.js; then
  if command -v flock >/dev/null; then
    exec 8>>.ci/.running
    flock --exclusive --nonblock 8 ||
      fail 'The installed packages are not those of package-lock.json, and a server is running from this folder: stop it first.'
  fi
  printf 'Installing the packages of package-lock.json.\n' >&2
  npm ci --no-fund --no-audit --loglevel=error >&2
  exec 8>&-
fi

node .ci/build.js >&2
