package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	containerImage = "postgres:17-alpine"
	containerPort  = "5432/tcp"
)

// openContainer starts a server in a container. The container goes with this
// process, however that ends: testcontainers has another one watch over it.
func openContainer(ctx context.Context) (*Server, error) {
	if err := pingDocker(ctx); err != nil {
		return nil, err
	}
	password := rand.Text() // Docker publishes ports to the network, too
	var args []string
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	c, err := testcontainers.Run(ctx, containerImage,
		testcontainers.WithLogger(log.NewNoopLogger()),
		testcontainers.WithExposedPorts(containerPort),
		testcontainers.WithCmd(args...),
		testcontainers.WithTmpfs(map[string]string{"/var/lib/postgresql/data": "rw"}),
		testcontainers.WithEnv(map[string]string{
			"POSTGRES_PASSWORD":    password,
			"POSTGRES_INITDB_ARGS": "--no-sync --locale=C --encoding=UTF8",
		}),
		testcontainers.WithWaitStrategy(wait.ForListeningPort(containerPort)),
	)
	stop := func() error { return testcontainers.TerminateContainer(c) }
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a %s container: %w", containerImage, err), stop())
	}
	address, err := c.PortEndpoint(ctx, containerPort, "")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("find the container's port: %w", err), stop())
	}
	url := fmt.Sprintf("postgres://postgres:%s@%s/postgres?sslmode=disable", password, address)
	if err := waitUntilReady(ctx, url, nil); err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Server{url: url, ours: true, stop: stop}, nil
}

func pingDocker(ctx context.Context) error {
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(log.NewNoopLogger()))
	if err != nil {
		return fmt.Errorf("find Docker: %w", err)
	}
	if err := provider.Health(ctx); err != nil { // closes the provider
		return fmt.Errorf("reach Docker: %w", err)
	}
	return nil
}
