//go:build !linux

package stack

import "syscall"

// childAttr puts a child in a process group of its own. Only Linux can also tie
// its life to ours: elsewhere a killed test process leaves its children behind.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
