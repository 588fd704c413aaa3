#!/usr/bin/env bash
# Fails when what is generated, go.mod, go.sum or the formatting is not current.
# It generates in a copy, so that the checkout stays as it was, and compares
# whole trees, so that files nobody added are found too. It needs no git; where
# git knows the checkout, it also names generated files that were not added.
#
#   hack/verify.sh MODULE...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
failed=0
fail() { echo "verify: $1" >&2; failed=1; }

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -cf - --exclude=./.git --exclude=./bin --exclude=./.local . | tar -xf - -C "$copy"

echo "verify: generated files"
make --no-print-directory -C "$copy" BIN="$root/bin" generate >"$copy.log" 2>&1 || { cat "$copy.log" >&2; fail "make generate fails"; }
rm -f "$copy.log"
if ! diff -ru --exclude=.git --exclude=bin --exclude=.local . "$copy"; then
	fail "generated files are not current: run 'make generate' and commit what it changes"
fi

echo "verify: formatting"
unformatted=$(find . -path ./bin -prune -o -path ./.git -prune -o -path ./.local -prune -o -name '*.go' -print0 | xargs -0 gofmt -s -l)
[ -z "$unformatted" ] || fail "not formatted (run 'make fmt'):"$'\n'"$unformatted"

for module in "$@"; do
	echo "verify: go.mod and go.sum of $module"
	(cd "$module" && go mod tidy -diff) || fail "go.mod or go.sum of $module is not tidy: run 'make tidy'"
done

generated=(api config docs/api.md go.mod go.sum hack/controlplane hack/tools hack/golangci)
if untracked=$(git -c safe.directory='*' ls-files --others --exclude-standard -- "${generated[@]}" 2>/dev/null) && [ -n "$untracked" ]; then
	fail "not added to git:"$'\n'"$untracked"
fi

[ "$failed" = 0 ] && echo "verify: everything is current"
exit "$failed"
