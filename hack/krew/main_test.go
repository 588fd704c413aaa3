package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"
)

// manifest is a plugin's manifest as krew reads it. A field that it does not have is refused.
type manifest struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Version          string      `json:"version"`
		ShortDescription string      `json:"shortDescription"`
		Description      string      `json:"description"`
		Caveats          string      `json:"caveats"`
		Homepage         string      `json:"homepage"`
		Platforms        []installed `json:"platforms"`
	} `json:"spec"`
}

// installed is what krew installs on a platform.
type installed struct {
	URI      string                `json:"uri"`
	Sha256   string                `json:"sha256"`
	Bin      string                `json:"bin"`
	Selector *metav1.LabelSelector `json:"selector"`
}

func rendered(t *testing.T, base string) manifest {
	t.Helper()
	text, err := os.ReadFile("../../.krew.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := render(string(text), "v1.2.3", base, func(archive string) ([]byte, error) { return []byte(archive), nil })
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.UnmarshalStrict(out, &m); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return m
}

// What krew's documentation and its validation ask of a manifest.
func TestTheManifestIsOneThatKrewTakes(t *testing.T) {
	m := rendered(t, "")
	if m.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || m.Kind != "Plugin" {
		t.Errorf("it is a %s of %s", m.Kind, m.APIVersion)
	}
	if m.Name != "drift" { // kubectl drift is kubectl-drift, and the file drift.yaml
		t.Errorf("the plugin is named %q", m.Name)
	}
	if _, err := version.ParseSemantic(m.Spec.Version); err != nil || !strings.HasPrefix(m.Spec.Version, "v") {
		t.Errorf("the version is %q: %v", m.Spec.Version, err)
	}
	if s := m.Spec.ShortDescription; s == "" || strings.ContainsAny(s, "\r\n") || len(s) > 70 || strings.HasSuffix(s, ".") {
		t.Errorf("the short description is %q", s)
	}
	for line := range strings.SplitSeq(m.Spec.Description+"\n"+m.Spec.Caveats, "\n") {
		if len(line) > 80 {
			t.Errorf("a line has more than 80 characters: %s", line)
		}
	}
	if !strings.HasPrefix(m.Spec.Homepage, "https://") {
		t.Errorf("the homepage is %q", m.Spec.Homepage)
	}
	sum := regexp.MustCompile(`^[a-f0-9]{64}$`)
	for i, p := range m.Spec.Platforms {
		same := func(other installed) bool { return other.Sha256 == p.Sha256 }
		if !sum.MatchString(p.Sha256) || slices.ContainsFunc(m.Spec.Platforms[:i], same) {
			t.Errorf("%s has the checksum %s", p.URI, p.Sha256)
		}
	}
}

// Each archive that is built is in the manifest, for the machines that it was built for, and
// none that is not.
func TestTheManifestNamesWhatIsBuilt(t *testing.T) {
	for base, at := range map[string]string{"": "https://github.com/arcadiacloud/clouddrift/releases/download/v1.2.3/", "http://127.0.0.1:8000": "http://127.0.0.1:8000/"} {
		m := rendered(t, base)
		var have, want []string
		for _, p := range m.Spec.Platforms {
			if len(p.Selector.MatchExpressions) > 0 || len(p.Selector.MatchLabels) != 2 {
				t.Errorf("the selector is %v", p.Selector)
			}
			have = append(have, fmt.Sprint(p.Selector.MatchLabels["os"], " ", p.Selector.MatchLabels["arch"], " ", p.URI, " ", p.Bin))
		}
		for _, p := range platforms {
			want = append(want, fmt.Sprint(p.os, " ", p.arch, " ", at, p.archive("v1.2.3"), " ", p.program()))
		}
		if !slices.Equal(have, want) {
			t.Errorf("have %q\nwant %q", have, want)
		}
	}
}

// An archive depends on what is in it alone, so that whoever builds it again has the same
// checksum.
func TestPackIsReproducible(t *testing.T) {
	file := path.Join(t.TempDir(), "kubectl-drift")
	var packed [2]bytes.Buffer
	for i := range packed {
		if err := os.WriteFile(file, []byte("program"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := pack(&packed[i], file); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(packed[0].Bytes(), packed[1].Bytes()) {
		t.Error("the same file makes two archives")
	}
}
