package dosim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// keyed is what a table stores: something that knows its own id.
type keyed[K comparable] interface{ key() K }

// table keeps resources in the order of their creation and finds them by id.
// The zero value is ready to use. In JSON it is a list.
type table[K comparable, V keyed[K]] struct {
	rows []V
	byID map[K]V
}

func (t *table[K, V]) add(v V) V {
	if t.byID == nil {
		t.byID = map[K]V{}
	}
	t.rows = append(t.rows, v)
	t.byID[v.key()] = v
	return v
}

func (t *table[K, V]) get(id K) (V, bool) {
	v, ok := t.byID[id]
	return v, ok
}

func (t *table[K, V]) remove(id K) bool {
	if _, ok := t.byID[id]; !ok {
		return false
	}
	delete(t.byID, id)
	t.rows = slices.DeleteFunc(t.rows, func(v V) bool { return v.key() == id })
	return true
}

// filter returns the rows that keep wants, in order.
func (t *table[K, V]) filter(keep func(V) bool) []V {
	out := make([]V, 0, len(t.rows))
	for _, v := range t.rows {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

// find returns the first row that want accepts.
func (t *table[K, V]) find(want func(V) bool) (V, bool) {
	if i := slices.IndexFunc(t.rows, want); i >= 0 {
		return t.rows[i], true
	}
	var none V
	return none, false
}

// MarshalJSON implements json.Marshaler.
func (t *table[K, V]) MarshalJSON() ([]byte, error) {
	if t.rows == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(t.rows)
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *table[K, V]) UnmarshalJSON(data []byte) error {
	var rows []V
	if err := json.Unmarshal(data, &rows); err != nil {
		return fmt.Errorf("reading a table: %w", err)
	}
	*t = table[K, V]{}
	for _, v := range rows {
		t.add(v)
	}
	return nil
}
