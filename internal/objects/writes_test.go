package objects

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	cloudResources = schema.GroupResource{Group: "drift.arcadia.cloud", Resource: "cloudresources"}
	errOverQuota   = apierrors.NewForbidden(cloudResources, "r", errors.New("exceeded quota: few"))
	errConflict    = apierrors.NewConflict(cloudResources, "r", errors.New("look again"))
	errNoAnswer    = errors.New("dial tcp: connection refused")
)

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		why   string
		errs  []error
		asked error
		end   bool
		want  []string
	}{
		"none":       {"all was written", []error{nil, nil}, nil, false, nil},
		"of objects": {"the next may be taken", []error{errConflict, nil, errOverQuota}, nil, false, []string{"exceeded quota", "and 1 more"}},
		"of the API server": {"each of ten thousand writes would time out", []error{errConflict, errNoAnswer}, nil, true,
			[]string{"look again", "and 1 more"}},
		"beside DigitalOcean's": {"both have to be known", []error{errOverQuota}, errors.New("503"), false, []string{"503; ", "exceeded quota"}},
		"DigitalOcean's alone":  {"it is not lost", nil, errors.New("503"), false, []string{"503"}},
	} {
		f := &Failures{}
		for _, err := range c.errs {
			f.Add(err)
		}
		if f.Ended() != c.end {
			t.Errorf("%s: end is %v, although %s", name, f.Ended(), c.why)
		}
		err := f.Joined(c.asked)
		if (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, although %s", name, err, c.why)
		}
		for _, want := range c.want {
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: %v, although %s", name, err, c.why)
			}
		}
	}
}
