// dosim serves a simulated DigitalOcean API on a loopback port.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

type options struct {
	listen         string
	seeds          []string
	stateFile      string
	recording      string
	actionDuration time.Duration
	latency        time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

func command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:          "dosim",
		Short:        "A simulated DigitalOcean API, with knobs under /_dosim/",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         func(cmd *cobra.Command, _ []string) error { return run(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8085", "address to listen on; anybody who reaches it can turn the knobs")
	flags.StringArrayVar(&o.seeds, "seed", nil, "what to begin with: demo, or KIND=N such as Droplet=5; repeatable; ignored where --state exists")
	flags.StringVar(&o.stateFile, "state", "", "file to load the state from, and to keep it in")
	flags.StringVar(&o.recording, "record", "", "file to write every request to, at the end")
	flags.DurationVar(&o.actionDuration, "action-duration", 0, "how long actions stay in progress")
	flags.DurationVar(&o.latency, "latency", 0, "delay of every answer")
	return cmd
}

func run(cmd *cobra.Command, o options) error {
	tape := &dosim.Tape{Seeds: o.seeds, ActionDuration: o.actionDuration}
	opts := []dosim.Option{dosim.WithActionDuration(o.actionDuration)}
	if o.recording != "" {
		opts = append(opts, dosim.WithTape(tape))
	}
	server := dosim.New(opts...)
	server.SetLatency(o.latency)
	if err := fill(server, o); err != nil {
		return err
	}
	url, err := server.Listen(o.listen)
	if err != nil {
		return err
	}
	cmd.Printf("dosim listens on %s, token %s\n", url, dosim.DefaultToken)
	err = keep(cmd.Context(), server, o.stateFile)
	err = errors.Join(err, server.Close())
	if o.recording != "" {
		err = errors.Join(err, writeTape(tape, o.recording))
	}
	return err
}

func writeTape(tape *dosim.Tape, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return errors.Join(tape.Write(file), file.Close())
}

// fill loads the state file, or seeds where there is none yet.
func fill(server *dosim.Server, o options) error {
	if o.stateFile != "" {
		err := server.LoadFile(o.stateFile)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, s := range o.seeds {
		if err := seed(server, s); err != nil {
			return err
		}
	}
	return nil
}

func seed(server *dosim.Server, what string) error {
	if what == "demo" {
		return server.SeedDemo()
	}
	kind, count, _ := strings.Cut(what, "=")
	n, err := strconv.Atoi(count)
	if err != nil {
		return fmt.Errorf("--seed %s: want demo or KIND=N", what)
	}
	return server.Seed(kind, n)
}

// keep saves the state each second in which it changed, and at the end.
func keep(ctx context.Context, server *dosim.Server, file string) error {
	if file == "" {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	// What was loaded may be older than what is in memory: save once at least.
	saved := server.Changes() + 1
	for {
		if now := server.Changes(); now != saved {
			if err := server.SaveFile(file); err != nil {
				return err
			}
			saved = now
		}
		select {
		case <-ctx.Done():
			return server.SaveFile(file)
		case <-ticker.C:
		}
	}
}
