package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// startTimeout is generous: parallel test packages on two cores share them.
	startTimeout = 90 * time.Second
	// stopTimeout is short: an API server would wait a minute for open watches to
	// end, and none of the three has anything to lose.
	stopTimeout  = 5 * time.Second
	pollInterval = 50 * time.Millisecond
)

// Process is a program that we start, wait for, and end with ourselves. The
// zero value of the fields that are not set is fine, except for Name, Path and
// LogFile. It is not for concurrent use, except for Done.
type Process struct {
	// Name is what errors call it.
	Name string
	Path string
	Args []string
	// Env is its environment; nil: ours.
	Env []string
	// LogFile takes its output, appended to over restarts.
	LogFile string
	// Ready returns nil once it serves; nil: it is ready as soon as it runs.
	Ready func(context.Context) error

	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// Start runs the process and waits until it is ready; ctx bounds the wait, not
// the process. If it does not become ready it is ended, and the error carries the end of its log.
func (p *Process) Start(ctx context.Context) error {
	if p.Running() {
		return nil
	}
	log, err := os.OpenFile(p.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", p.Name, err)
	}
	cmd := exec.Command(p.Path, p.Args...) //nolint:noctx // it outlives the context that bounds its start
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = p.Env
	cmd.SysProcAttr = childAttr()
	done := make(chan struct{})
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that forked ends, not the
		// process: keep that thread until the child has gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		err := cmd.Start()
		_ = log.Close()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	p.cmd, p.done = cmd, done
	if err := p.waitReady(ctx); err != nil {
		p.Stop()
		return fmt.Errorf("starting %s: %w\n%s", p.Name, err, p.LogTail())
	}
	return nil
}

func (p *Process) waitReady(ctx context.Context) error {
	if p.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := p.Ready(ctx)
		// What answers may be another process, where ours found its port taken.
		if err == nil && p.Running() {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("it ended: %s", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", errors.Join(ctx.Err(), err))
		case <-time.After(pollInterval):
		}
	}
}

// Running says whether the process has been started and has not ended.
func (p *Process) Running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Pid is the process's id while it runs, else 0.
func (p *Process) Pid() int {
	if !p.Running() {
		return 0
	}
	return p.cmd.Process.Pid
}

// Done is closed when the process that was started last has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop ends the process, by force if it does not end when asked to.
func (p *Process) Stop() {
	if !p.Running() {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		p.Kill()
	}
}

// Kill ends the process as a crash would.
func (p *Process) Kill() {
	if !p.Running() {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

// LogTail is the end of the process's log, for error messages.
func (p *Process) LogTail() string {
	raw, err := os.ReadFile(p.LogFile)
	if err != nil {
		return err.Error()
	}
	const lines = 15
	all := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return fmt.Sprintf("%s ends with:\n%s", p.LogFile, bytes.Join(all, []byte("\n")))
}
