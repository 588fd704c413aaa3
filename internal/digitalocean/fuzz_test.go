package digitalocean

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// FuzzRead gives any bytes to the readers of every kind: they must end, must
// not panic, and must keep nothing but what the kind's fields name.
func FuzzRead(f *testing.F) {
	for name, file := range bodies {
		data, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			f.Fatal(err)
		}
		k := registry[name]
		f.Add([]byte(pageOf(k.listKey, []string{string(data)}, "{}", 1)))
		f.Add([]byte(`{"` + k.itemKey + `":` + string(data) + `}`))
	}
	f.Add([]byte(daily))
	f.Add([]byte(`{"droplets":[null],"links":{"pages":null},"meta":{"total":-1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range Kinds() {
			k := registry[name]
			check := func(res resource.Resource) { checkKept(t, k, res) }
			reader := &pageReader{number: 1, seen: map[string]bool{}}
			p, err := readPage(data, k.listKey, func(decoder *json.Decoder) error {
				reader.Decoder = decoder
				return reader.eachElement(func(element map[string]json.RawMessage) error {
					res, err := k.read(element, "example.com", newValues())
					if err == nil {
						reader.saw(res.ID)
						check(res)
					}
					return err
				})
			})
			if err == nil {
				_ = p.wrong(reader, p.total)
			}
			if res, err := k.readItem(data, "example.com"); err == nil {
				check(res)
			}
		}
		if text := clean(string(data), testToken); strings.ContainsAny(text, "\x00\x1b\n") || len([]rune(text)) > 301 {
			t.Errorf("not clean: %q", text)
		}
	})
}

func checkKept(t *testing.T, k *kind, res resource.Resource) {
	if res.ID == "" || res.Kind != k.name {
		t.Errorf("%+v", res.Ref)
	}
	fields := map[string]bool{}
	for _, f := range k.fields {
		fields[f.path] = true
	}
	count := len(res.Unseen)
	for _, values := range []map[string]any{res.Fields, res.Attrs} {
		for path := range values {
			count++
			if !fields[path] {
				t.Errorf("%s keeps %q", k.name, path)
			}
		}
	}
	if count != len(k.fields) {
		t.Errorf("%s: %d of %d fields are seen or unseen", k.name, count, len(k.fields))
	}
	if _, err := json.Marshal(res); err != nil {
		t.Errorf("can't be written: %v", err)
	}
}
