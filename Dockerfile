# An image of the command pgrest, which is all that is in it, beside certificates:
#
#     docker build --tag pgrest .
#     docker run --publish 3000:3000 --env PGRST_DB_URI=… --env PGRST_DB_ANON_ROLE=web_anon pgrest
#
# PGRST_ variables configure it (cmd/pgrest/SETTINGS.md). With an admin server, as by
# PGRST_ADMIN_SERVER_PORT=3001, `pgrest --ready` is a probe that needs no shell.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /source
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags '-s -w' -o /pgrest ./cmd/pgrest

FROM gcr.io/distroless/static-debian12
COPY --from=build /pgrest /usr/bin/pgrest
# A number, so that Kubernetes can tell that it isn't root's (runAsNonRoot).
USER 65532
EXPOSE 3000
ENTRYPOINT ["/usr/bin/pgrest"]
