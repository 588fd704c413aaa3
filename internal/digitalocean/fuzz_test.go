package digitalocean

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		for _, name := range kindNames() {
			k := registry[name]
			check := func(res resource.Resource) { checkKept(t, k, res) }
			reader := &pageReader{number: 1, seen: map[string]bool{}, most: perPage}
			p, err := reader.read(data, k.listKey, func(p *pageReader) error {
				return eachElement(p.raw, func(element json.RawMessage) error {
					body, err := cutObject(element)
					if err != nil {
						return err
					}
					res, err := k.read(body, "example.com", newValues())
					if err == nil {
						check(res)
						err = p.saw(res.ID)
					}
					return err
				})
			})
			if err == nil {
				_ = p.wrong(reader, k.paging, p.total)
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

// FuzzAnyOf compares our cutting with encoding/json's decoding.
func FuzzAnyOf(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,"x\\\"y",null,true,false,{}],"a":{"b":[]}}`, " [ 1 , 2 ] ", `"\u00e9\ud800"`, "\"\xff\"", "0 ", `{" ":{"{":"}"}}`, "[[],[[]]]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Skip(err)
		}
		if diff := cmp.Diff(want, anyOf(data)); diff != "" {
			t.Errorf("%q (-encoding/json +ours):\n%s", data, diff)
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
