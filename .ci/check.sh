#!/usr/bin/env bash
# Runs every check, or those that are named, to the end and says which failed: .ci/check.sh [types lint format …]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PWD/node_modules/.bin:$PATH"

types() { tsc -p tsconfig.json; }
lint() { eslint .; }
format() { prettier --check --log-level=warn .; }
rooms() { depcruise --config .dependency-cruiser.js apps libs migrations test examples bench; }
dead-code() { knip --no-progress; }
migrations() { squawk migrations/*.sql; }
docs() { typedoc --logLevel Warn; }

[ $# -gt 0 ] || set -- types lint format rooms dead-code migrations docs
failed=()
for check in "$@"; do
  printf -- '--- %s\n' "$check"
  "$check" || failed+=("$check")
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'Failed: %s\n' "${failed[*]}"
  exit 1
fi
printf 'All of them passed: %s\n' "$*"
