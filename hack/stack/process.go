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

// process is one server of the control plane.
type process struct {
	name string
	path string
	args []string
	// logFile takes its output, appended to over restarts.
	logFile string
	// ready returns nil once the process serves.
	ready func(context.Context) error

	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// start runs the process and waits until it is ready. If it does not become
// ready it is ended, and the error carries the end of its log.
func (p *process) start(ctx context.Context) error {
	if p.running() {
		return nil
	}
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", p.name, err)
	}
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // it outlives the context that bounds its start
	cmd.Stdout, cmd.Stderr = log, log
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
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.cmd, p.done = cmd, done
	if err := p.waitReady(ctx); err != nil {
		p.stop()
		return fmt.Errorf("starting %s: %w\n%s", p.name, err, p.logTail())
	}
	return nil
}

func (p *process) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := p.ready(ctx)
		if err == nil {
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

func (p *process) running() bool {
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

// stop ends the process, by force if it does not end when asked to.
func (p *process) stop() {
	if !p.running() {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		p.kill()
	}
}

// kill ends the process as a crash would.
func (p *process) kill() {
	if !p.running() {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

// logTail is the end of the process's log, for error messages.
func (p *process) logTail() string {
	raw, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	const lines = 15
	all := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return fmt.Sprintf("%s ends with:\n%s", p.logFile, bytes.Join(all, []byte("\n")))
}
