# Everything here needs Go, make and a C compiler only; whatever else it needs
# is built from Go modules that are pinned in hack/*/go.mod.

SHELL := /usr/bin/env bash -o pipefail
.SHELLFLAGS := -ec
.DEFAULT_GOAL := help

# IMG is the image that docker-build makes and deploy runs.
IMG ?= ghcr.io/arcadiacloud/clouddrift:latest
# BASE is the image that the binary is put on.
BASE ?= gcr.io/distroless/static:nonroot
CONTAINER_TOOL ?= docker
# FUZZTIME is how long each fuzz target runs.
FUZZTIME ?= 10m
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BIN ?= $(ROOT)/bin
CONTROLLER_GEN := $(BIN)/controller-gen
CRD_REF_DOCS := $(BIN)/crd-ref-docs
GOLANGCI_LINT := $(BIN)/golangci-lint
MODULES := . hack/controlplane hack/tools hack/golangci test/flux

# Stamping asks git, which refuses in a checkout that belongs to somebody else.
export GOFLAGS := $(GOFLAGS) -buildvcs=false
export GOWORK := off

# kubectl is the pinned one when it was built, else the machine's.
KUBECTL ?= $(firstword $(wildcard $(BIN)/controlplane-*/kubectl) kubectl)

##@ General

.PHONY: help
help: ## Show this help.
	@awk 'BEGIN {FS = ":.*##"; printf "\nUsage:\n  make \033[36m<target>\033[0m\n"} \
		/^[a-zA-Z_0-9-]+:.*?##/ { printf "  \033[36m%-18s\033[0m %s\n", $$1, $$2 } \
		/^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: demo
demo: stackctl ## Show the operator at work, from an empty machine to an accepted drift.
	@$(BIN)/stackctl demo

.PHONY: up
up: stackctl ## Start control plane, simulated DigitalOcean and operator in the background.
	@$(BIN)/stackctl up

.PHONY: down
down: stackctl ## End what `make up` started.
	@$(BIN)/stackctl down

.PHONY: stackctl
stackctl:
	@CGO_ENABLED=0 go build -o $(BIN)/stackctl ./hack/stackctl

##@ Development

.PHONY: generate
generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Generate deepcopy, apply configurations, CRDs, RBAC, the references of API, kinds and commands.
	$(CONTROLLER_GEN) object paths=./api/...
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=clouddrift-manager paths=./internal/controller/... output:rbac:artifacts:config=config/rbac
	$(CRD_REF_DOCS) --source-path=api/v1alpha1 --config=hack/tools/api-docs.yaml \
		--renderer=markdown --output-path=docs/api.md --log-level=ERROR
	go run ./hack/kindsdoc docs/kinds.md
	go run ./hack/clidoc docs/kubectl-drift-reference.md

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code and group its imports.
	$(GOLANGCI_LINT) fmt

.PHONY: tidy
tidy: ## Tidy the go.mod of every module.
	@for m in $(MODULES); do echo "go mod tidy ($$m)"; (cd $$m && go mod tidy); done

.PHONY: vet
vet: ## Run go vet.
	go vet ./...
	cd test/flux && go vet ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run the linters.
	$(GOLANGCI_LINT) run

.PHONY: lint-fix
lint-fix: $(GOLANGCI_LINT) ## Run the linters and let them fix what they can.
	$(GOLANGCI_LINT) run --fix

.PHONY: verify
verify: ## Fail when generated files, go.mod, go.sum or formatting are not current.
	@hack/verify.sh $(MODULES)

##@ Tests

.PHONY: test
test: controlplane ## Run every test, on a real control plane, and say how many ran.
	@go run ./hack/testsum

.PHONY: test-unit
test-unit: ## Run the tests that need no control plane.
	@go run ./hack/testsum -suites unit,dosim

.PHONY: test-api
test-api: controlplane ## Try every validation rule of the API on a real API server.
	@go run ./hack/testsum -suites api

.PHONY: test-access
test-access: controlplane ## Try who may do what, with real users on a real API server.
	@go run ./hack/testsum -suites access

.PHONY: test-envtest
test-envtest: controlplane ## Run the controllers' tests.
	@go run ./hack/testsum -suites controlplane,envtest

.PHONY: test-e2e
test-e2e: controlplane ## Run the operator's program against a control plane and the simulated DigitalOcean.
	@go run ./hack/testsum -suites e2e

.PHONY: test-flux
test-flux: controlplane ## Have Flux's own code apply declarations, while accepts change them.
	@go run ./hack/testsum -suites flux

# SEQUENCES and FOR bound the campaign; SEED replays one sequence.
SEQUENCES ?= 200
FOR ?= 10m

.PHONY: chaos
chaos: controlplane ## Attack the operator with random faults (SEQUENCES, FOR; SEED=n replays one).
	@go run ./test/chaos -sequences $(SEQUENCES) -for $(FOR) $(if $(SEED),-replay $(SEED))

# ROUNDS is how often the policies are taken away and put back.
ROUNDS ?= 50

.PHONY: forgery
forgery: controlplane ## Forge approvals while the admission policies are taken away and put back (ROUNDS).
	@CLOUDDRIFT_FORGERY_ROUNDS=$(ROUNDS) go test ./internal/controller -run TestController -count 1 -timeout 1h -ginkgo.focus 'While the policies' -v

# HOSTILE declarations are created.
HOSTILE ?= 200

.PHONY: hostile
hostile: controlplane ## Create declarations of the largest size (HOSTILE) while another namespace goes on, within the memory limit.
	@CLOUDDRIFT_HOSTILE=$(HOSTILE) go test ./test/e2e -count 1 -timeout 1h -ginkgo.focus 'memory limit' -ginkgo.v -v

.PHONY: bench
bench: controlplane ## Measure the figures that the design promises, beside their baselines (BENCH_LARGE=1: 50,000 droplets too).
	@go run ./test/bench

# SYNCS are made in SOAKTIME; 20 in 3m is a short run.
SYNCS ?= 200
SOAKTIME ?= 1h

.PHONY: soak
soak: controlplane ## Sync a changing account SYNCS times in SOAKTIME; fail where the operator's memory, goroutines or log grow.
	@go run ./test/bench -n 1000 -soak $(SYNCS) -for $(SOAKTIME)

.PHONY: fuzz
fuzz: ## Fuzz every target, one after the other, for FUZZTIME each.
	@grep -r '^func Fuzz' --include='*_test.go' internal | sed 's|^\(.*\)/[^/]*:func \(Fuzz[A-Za-z]*\).*|\1 \2|' | \
	while read -r package target; do \
		echo "$$package $$target"; \
		go test "./$$package" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 200x </dev/null; \
	done

.PHONY: microbench
microbench: ## Run the benchmarks of single packages.
	go test ./... -run '^$$' -bench . -benchmem -timeout 30m

##@ Build

.PHONY: build
build: ## Build the programs into bin/.
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/ ./cmd/...

.PHONY: kubectl-drift
kubectl-drift: ## Build the kubectl plugin into bin/.
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN)/ ./cmd/kubectl-drift

.PHONY: krew
krew: ## Build the kubectl plugin's archives for a release, and krew's manifest of them, into dist/ (VERSION=vX.Y.Z).
	go run ./hack/krew $(VERSION) $(ROOT)/dist

.PHONY: controlplane
controlplane: ## Find or build etcd, kube-apiserver, kube-controller-manager and kubectl.
	@go run ./hack/stackctl controlplane

.PHONY: docker-build
docker-build: ## Build the operator's image (IMG, BASE).
	$(CONTAINER_TOOL) build --build-arg BASE=$(BASE) --build-arg VERSION=$(VERSION) -t $(IMG) .

.PHONY: clean
clean: down ## End the local stack and remove what was built.
	rm -rf $(BIN) .local

##@ Deployment

.PHONY: install
install: ## Install the CRDs into the cluster of the current kubeconfig.
	$(KUBECTL) apply --server-side -k config/crd

.PHONY: uninstall
uninstall: ## Remove the CRDs, and with them every object of theirs.
	$(KUBECTL) delete --ignore-not-found -k config/crd

.PHONY: deploy
deploy: ## Install everything into the cluster of the current kubeconfig, running IMG.
	$(KUBECTL) kustomize config/default | sed "s|image: ghcr.io/arcadiacloud/clouddrift:.*|image: $(IMG)|" | $(KUBECTL) apply --server-side -f -

.PHONY: undeploy
undeploy: ## Remove everything from the cluster of the current kubeconfig.
	$(KUBECTL) delete --ignore-not-found -k config/default

##@ Tools

.PHONY: tools
tools: $(CONTROLLER_GEN) $(CRD_REF_DOCS) $(GOLANGCI_LINT) ## Build the generators and the linter into bin/.

# The tools' own modules: the surrounding GOFLAGS are for ours.
$(CONTROLLER_GEN): hack/tools/go.mod hack/tools/go.sum
	@echo "building controller-gen"
	@cd hack/tools && GOFLAGS= CGO_ENABLED=0 go build -buildvcs=false -trimpath -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen

$(CRD_REF_DOCS): hack/tools/go.mod hack/tools/go.sum
	@echo "building crd-ref-docs"
	@cd hack/tools && GOFLAGS= CGO_ENABLED=0 go build -buildvcs=false -trimpath -o $@ github.com/elastic/crd-ref-docs

$(GOLANGCI_LINT): hack/golangci/go.mod hack/golangci/go.sum hack/golangci/main.go
	@echo "building golangci-lint (some minutes, once)"
	@cd hack/golangci && GOFLAGS= CGO_ENABLED=0 go build -buildvcs=false -trimpath -o $@ .
