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

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/checkout" "$work/generated"
tar -cf - --exclude=./.git --exclude=./bin --exclude=./.local . | tar -xf - -C "$work/checkout"
cp -a "$work/checkout/." "$work/generated"

echo "verify: generated files"
if ! make --no-print-directory -C "$work/generated" BIN="$root/bin" generate >"$work/log" 2>&1; then
	cat "$work/log" >&2
	fail "make generate fails"
fi
if ! (cd "$work" && diff -ruN checkout generated); then
	fail "generated files are not current: run 'make generate' and commit what it changes"
fi

echo "verify: formatting"
unformatted=$(cd "$work/checkout" && find . -name '*.go' -print0 | xargs -0 gofmt -s -l)
[ -z "$unformatted" ] || fail "not formatted (run 'make fmt'):"$'\n'"$unformatted"

for module in "$@"; do
	echo "verify: go.mod and go.sum of $module"
	(cd "$work/checkout/$module" && go mod tidy -diff) || fail "go.mod or go.sum of $module is not tidy: run 'make tidy'"
done

generated=(api config docs/api.md docs/kinds.md docs/kubectl-drift-reference.md go.mod go.sum hack/controlplane hack/tools hack/golangci test/flux)
if untracked=$(git -c safe.directory='*' ls-files --others --exclude-standard -- "${generated[@]}" 2>/dev/null) && [ -n "$untracked" ]; then
	fail "not added to git:"$'\n'"$untracked"
fi

[ "$failed" = 0 ] && echo "verify: everything is current"
exit "$failed"
