package stack

import "syscall"

// childAttr puts a child in a process group of its own, so that a Ctrl-C at the
// terminal reaches only us and we end it in order, and has the kernel kill it
// when we end without having done so.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
