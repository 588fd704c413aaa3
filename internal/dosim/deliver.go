package dosim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// deliver writes an answer, as broken as the fault wants it. A status of 0
// is a client that has gone.
func deliver(ctx context.Context, w http.ResponseWriter, status int, payload []byte, f *Fault) {
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if f == nil {
		f = &Fault{}
	}
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
	if f.Plant != "" {
		payload = planted(payload, f.Plant)
	}
	body, length := padded(payload, f.Pad)
	if f.Truncate {
		length /= 2
		body = io.LimitReader(body, length)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	if status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(status)
	switch {
	case f.Cut:
		_, _ = io.CopyN(w, body, length/2)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Drip > 0:
		f.drip(ctx, w, body)
	default:
		_, _ = io.Copy(w, body)
	}
}

// drip ends with the body, or when the client has had enough.
func (f *Fault) drip(ctx context.Context, w http.ResponseWriter, body io.Reader) {
	for pause(ctx, f.Drip.Std()) {
		if _, err := io.CopyN(w, body, 1); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// planted is a body with a key more in each of its objects. What is no JSON stays.
func planted(payload []byte, key string) []byte {
	v, err := decodeExact(payload)
	if err != nil {
		return payload
	}
	plant(v, key)
	out, err := json.Marshal(v)
	if err != nil {
		return payload
	}
	return out
}

func plant(v any, key string) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			plant(item, key)
		}
		v[key] = "planted"
	case []any:
		for _, item := range v {
			plant(item, key)
		}
	}
}

// padded is a body that is longer by so many bytes, which are made as they are
// read: a page may be larger than this machine's memory.
func padded(payload []byte, bytesMore int64) (io.Reader, int64) {
	rest, isObject := bytes.CutPrefix(payload, []byte("{"))
	if bytesMore <= 0 || !isObject {
		return bytes.NewReader(payload), int64(len(payload))
	}
	head, tail := `{"padding":"`, `",`
	if bytes.HasPrefix(rest, []byte("}")) {
		tail = `"`
	}
	body := io.MultiReader(
		bytes.NewReader([]byte(head)), io.LimitReader(padding{}, bytesMore), bytes.NewReader([]byte(tail)), bytes.NewReader(rest))
	return body, int64(len(head)+len(tail)+len(rest)) + bytesMore
}

// padding is an io.Reader of the letter x.
type padding struct{}

// Read implements io.Reader.
func (padding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
