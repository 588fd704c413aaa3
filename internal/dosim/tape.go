package dosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tape records what a client asks, so that it can be asked again of a fresh
// server without the client. Ids differ from run to run: where a request holds
// one that an earlier answer brought, the tape holds a name instead, and says
// with that answer where to find the value.
type Tape struct {
	// Seeds and ActionDuration say what kind of server it was; the recorder
	// does not look at them.
	Seeds          []string
	ActionDuration time.Duration

	mu     sync.Mutex
	begun  time.Time
	heard  []Exchange
	origin map[string]origin
	counts map[string]int
}

// Recording is a tape as it is written to a file.
type Recording struct {
	Seeds          []string   `json:"seeds,omitempty"`
	ActionDuration Duration   `json:"action_duration"`
	Exchanges      []Exchange `json:"exchanges"`
}

// Exchange is one request and how it ended.
type Exchange struct {
	// At is the time since the first request.
	At Duration `json:"at"`
	// Request is method and URI, "GET /v2/droplets/$droplet1?page=1".
	Request string `json:"request"`
	// Body holds names as "$droplet1" in place of a text and as "#droplet1"
	// in place of a number.
	Body   json.RawMessage `json:"body,omitempty"`
	Status int             `json:"status"`
	// Learn says where in the answer the value of a name is: "droplet.id".
	Learn map[string]string `json:"learn,omitempty"`
}

// origin is where an id was first seen.
type origin struct {
	exchange   int
	path, name string
}

// WithTape records every request that is carried out, in that very order.
// Requests that limits, faults or a wrong token stopped are not on it.
func WithTape(t *Tape) Option { return func(s *Server) { s.tape = t } }

// add is called under the server's lock.
func (t *Tape) add(now time.Time, r *http.Request, body []byte, status int, answer []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.origin == nil {
		t.begun, t.origin, t.counts = now, map[string]origin{}, map[string]int{}
	}
	t.heard = append(t.heard, Exchange{
		At: Duration(now.Sub(t.begun).Truncate(time.Millisecond)), Status: status,
		Request: r.Method + " " + t.nameURI(r.URL), Body: t.nameBody(body),
	})
	t.remember(answer)
}

// nameURI replaces ids in a path and a query.
func (t *Tape) nameURI(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i := range segments {
		segments[i] = t.nameText(segments[i])
	}
	uri := strings.Join(segments, "/")
	if u.RawQuery == "" {
		return uri
	}
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		pairs[i] = key + "=" + t.nameText(value)
	}
	return uri + "?" + strings.Join(pairs, "&")
}

func (t *Tape) nameBody(body []byte) json.RawMessage {
	if len(body) == 0 {
		return nil
	}
	v, err := decodeExact(body)
	if err != nil {
		// What is no JSON is kept as a text, so that the file stays readable.
		v = string(body)
	}
	data, _ := json.Marshal(walk(v, "", func(_ string, leaf any) any {
		switch leaf := leaf.(type) {
		case string:
			return t.nameText(leaf)
		case json.Number:
			if name := t.name(leaf.String()); name != "" {
				return "#" + name
			}
		}
		return leaf
	}))
	return data
}

// nameText replaces an id that is all of a text, or the end of a URN.
func (t *Tape) nameText(text string) string {
	at := strings.LastIndexByte(text, ':') + 1
	if name := t.name(text[at:]); name != "" {
		return text[:at] + "$" + name
	}
	return text
}

// name is the name of an id; empty for anything else. The answer that brought
// the id learns that it is needed.
func (t *Tape) name(id string) string {
	from, ok := t.origin[id]
	if !ok {
		return ""
	}
	if from.name == "" {
		kind := nameOf(from.path)
		t.counts[kind]++
		from.name = kind + strconv.Itoa(t.counts[kind])
		t.origin[id] = from
		e := &t.heard[from.exchange]
		if e.Learn == nil {
			e.Learn = map[string]string{}
		}
		e.Learn[from.name] = from.path
	}
	return from.name
}

var (
	idKey   = regexp.MustCompile(`(^|\.|_)(id|ids|uuid|uuids)(\.\d+)?$|\.ip$`)
	idValue = regexp.MustCompile(`^([0-9]{7,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+(\.[0-9]+){3})$`)
	indices = regexp.MustCompile(`\.\d+`)
)

// remember notes the ids that the latest answer was the first to bring.
func (t *Tape) remember(answer []byte) {
	v, err := decodeExact(answer)
	if err != nil {
		return
	}
	walk(v, "", func(path string, leaf any) any {
		text := fmt.Sprint(leaf)
		if _, known := t.origin[text]; !known && idKey.MatchString(path) && idValue.MatchString(text) {
			t.origin[text] = origin{exchange: len(t.heard) - 1, path: path}
		}
		return leaf
	})
}

// nameOf makes "droplet" of "droplets.0.id" and "vpc" of "droplet.vpc_uuid".
func nameOf(path string) string {
	path = idKey.ReplaceAllString(path, "")
	path = indices.ReplaceAllString(path, "")
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '.')+1:], "s")
}

// decodeExact keeps numbers as they were written.
func decodeExact(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	return v, nil
}

// walk rebuilds a decoded JSON value from what visit makes of each leaf.
func walk(v any, path string, visit func(path string, leaf any) any) any {
	below := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = walk(v[key], below(key), visit)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = walk(item, below(strconv.Itoa(i)), visit)
		}
		return out
	}
	return visit(path, v)
}

// Write writes the recording as JSON, an exchange a line.
func (t *Tape) Write(w io.Writer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	head, err := json.Marshal(Recording{Seeds: t.Seeds, ActionDuration: Duration(t.ActionDuration), Exchanges: []Exchange{}})
	if err != nil {
		return fmt.Errorf("encoding the recording: %w", err)
	}
	b := bytes.NewBuffer(bytes.TrimSuffix(head, []byte("]}")))
	lines := json.NewEncoder(b)
	lines.SetEscapeHTML(false) // URIs are full of &
	for i, e := range t.heard {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		if err := lines.Encode(e); err != nil {
			return fmt.Errorf("encoding exchange %d of the recording: %w", i, err)
		}
		b.Truncate(b.Len() - 1) // the encoder ends each value with a newline
	}
	b.WriteString("\n]}\n")
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("writing the recording: %w", err)
	}
	return nil
}
