// Command krew builds the archives of the kubectl plugin for a release, and renders krew's
// manifest for them from .krew.yaml, as krew-release-bot does when the release is published.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"text/template"
	"time"
)

// platforms are those that an archive is built for. .krew.yaml names the same.
var platforms = []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

type platform struct{ os, arch string }

func (p platform) archive(tag string) string {
	return fmt.Sprintf("kubectl-drift_%s_%s_%s.tar.gz", tag, p.os, p.arch)
}

func (p platform) program() string {
	if p.os == "windows" {
		return "kubectl-drift.exe"
	}
	return "kubectl-drift"
}

func main() {
	base := flag.String("base", "", "where the archives are served, to try the manifest before there is a release; default: where .krew.yaml says")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: krew [-base URL] TAG FOLDER")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Arg(1), *base); err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

func run(tag, folder, base string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // what is released is for everybody
		return fmt.Errorf("making the folder of the release: %w", err)
	}
	for _, p := range platforms {
		if err := build(p, tag, folder); err != nil {
			return fmt.Errorf("building for %s/%s: %w", p.os, p.arch, err)
		}
	}
	text, err := os.ReadFile(".krew.yaml")
	if err != nil {
		return fmt.Errorf("reading the manifest's template: %w", err)
	}
	manifest, err := render(string(text), tag, base, func(archive string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, archive)) })
	if err != nil {
		return fmt.Errorf("rendering .krew.yaml: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, "drift.yaml"), manifest, 0o644) //nolint:gosec // what is released is for everybody
}

// build writes an archive that holds the program and the licence, and differs only when they do.
func build(p platform, tag, folder string) error {
	work, err := os.MkdirTemp("", "kubectl-drift-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	program := filepath.Join(work, p.program())
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+tag, "-o", program, "./cmd/kubectl-drift") //nolint:gosec,noctx // the tag is the release's
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	out, err := os.Create(filepath.Join(folder, p.archive(tag)))
	if err != nil {
		return err
	}
	return errors.Join(pack(out, program, "LICENSE"), out.Close())
}

func pack(w io.Writer, files ...string) error {
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.Base(file), Size: int64(len(text)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if i == 0 {
			header.Mode = 0o755
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(text); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}

// release is what the template is given.
type release struct{ TagName string }

// render renders the template with the functions that krew-release-bot has.
func render(text, tag, base string, read func(archive string) ([]byte, error)) ([]byte, error) {
	functions := template.FuncMap{"addURIAndSha": func(address, tag string) (string, error) {
		uri, err := execute(address, nil, release{tag})
		if err != nil {
			return "", err
		}
		content, err := read(path.Base(string(uri)))
		if err != nil {
			return "", err
		}
		if base != "" {
			uri = []byte(base + "/" + path.Base(string(uri)))
		}
		return fmt.Sprintf("uri: %s\n    sha256: %x", uri, sha256.Sum256(content)), nil
	}}
	return execute(text, functions, release{tag})
}

func execute(text string, functions template.FuncMap, with release) ([]byte, error) {
	parsed, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, with)
	return out.Bytes(), err
}
