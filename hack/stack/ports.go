package stack

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// FreePorts are n different ports of the loopback interface that nobody listens
// on at the moment: the preferred ones among them that are free, then others.
func FreePorts(ctx context.Context, n int, preferred ...int) ([]int, error) {
	var listen net.ListenConfig
	var ports []int
	for _, port := range preferred {
		if listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			defer func() { _ = listener.Close() }()
			ports = append(ports, port)
		}
	}
	for len(ports) < n {
		listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports[:n], nil
}
