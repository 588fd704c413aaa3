# The operator's image: one static binary on a base without a shell.
#   docker build --build-arg BASE=... --build-arg BUILDER=... .
ARG BUILDER=golang:1.26
ARG BASE=gcr.io/distroless/static:nonroot

FROM ${BUILDER} AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
WORKDIR /src
# The dependencies first: they change less often than the code.
COPY go.mod go.sum ./
RUN go mod download
COPY api/ api/
COPY cmd/operator/ cmd/operator/
# The policies that the operator carries with it.
COPY config/admission/ config/admission/
COPY internal/ internal/
RUN CGO_ENABLED=0 GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/operator ./cmd/operator

FROM ${BASE}
COPY --from=build /out/operator /operator
# Distroless' nonroot user, as a number: the kubelet checks runAsNonRoot by it.
USER 65532:65532
ENTRYPOINT ["/operator"]
