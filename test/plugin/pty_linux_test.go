package plugin_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// onTerminal runs the plugin on a terminal of 160 columns, at which that is typed, and
// returns what it shows.
func onTerminal(ctx context.Context, who, typed string, args ...string) (code int, shown string) {
	GinkgoHelper()
	primary, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = primary.Close() }()
	Expect(unix.IoctlSetPointerInt(int(primary.Fd()), unix.TIOCSPTLCK, 0)).To(Succeed())
	number, err := unix.IoctlGetInt(int(primary.Fd()), unix.TIOCGPTN)
	Expect(err).NotTo(HaveOccurred())
	Expect(unix.IoctlSetWinsize(int(primary.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 160})).To(Succeed())
	secondary, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	Expect(err).NotTo(HaveOccurred())

	cmd := command(ctx, who, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = secondary, secondary, secondary
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	Expect(cmd.Start()).To(Succeed())
	_ = secondary.Close()
	_, err = io.WriteString(primary, typed)
	Expect(err).NotTo(HaveOccurred())
	var b strings.Builder
	_, _ = io.Copy(&b, primary) // ends with an error when the program does
	code = codeOf(cmd.Wait())
	GinkgoWriter.Printf("%s(%d)\n", &b, code)
	return code, b.String()
}
