package stack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	tempPrefix = "clouddrift-stack-"
	lockName   = "in-use"
)

// openDir makes the control plane's directory and marks it as in use.
func (cp *ControlPlane) openDir(ctx context.Context) error {
	cp.dir = cp.options.Dir
	if cp.dir == "" {
		removeAbandoned()
		dir, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return fmt.Errorf("making the control plane's directory: %w", err)
		}
		cp.dir, cp.tempDir = dir, true
	} else if err := os.MkdirAll(cp.dir, 0o700); err != nil {
		return fmt.Errorf("making the control plane's directory: %w", err)
	}
	dir, err := filepath.Abs(cp.dir)
	if err != nil {
		return fmt.Errorf("making the control plane's directory: %w", err)
	}
	cp.dir = dir
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if cp.unlock, err = lock(ctx, cp.file(lockName), nil); err != nil {
		return fmt.Errorf("another control plane uses %s: %w", cp.dir, err)
	}
	return nil
}

// removeAbandoned removes the temporary directories of control planes whose
// process was killed before its Stop: etcd's files are 64 MB each.
func removeAbandoned() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	for _, dir := range dirs {
		// One just made may not be locked yet.
		if info, err := os.Stat(dir); err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		file, err := os.Open(filepath.Join(dir, lockName))
		if err != nil {
			continue
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = file.Close()
	}
}
