package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// etcd is a control plane's, asked in JSON.
type etcd struct{ url string }

// kept is what etcd holds of a type, keys and values, or what was written of it.
type kept struct{ objects, bytes int }

func (k kept) each() int { return k.bytes / max(k.objects, 1) }

func (k kept) plus(other kept) kept { return kept{k.objects + other.objects, k.bytes + other.bytes} }

type keyValue struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

func (e etcd) post(ctx context.Context, path string, request any) (io.ReadCloser, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/v3/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking etcd: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("asking etcd for %s: %s: %s", path, resp.Status, text), resp.Body.Close())
	}
	return resp.Body, nil
}

func (e etcd) call(ctx context.Context, path string, request, answer any) error {
	body, err := e.post(ctx, path, request)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := json.NewDecoder(body).Decode(answer); err != nil {
		return fmt.Errorf("asking etcd for %s: %w", path, err)
	}
	return nil
}

// compacted forgets every old revision, gives back what is free, and returns the
// size of the database's file.
func (e etcd) compacted(ctx context.Context) (int, error) {
	// What was deleted last leaves a mark of each key until something is written after it.
	if err := e.call(ctx, "kv/put", map[string]any{"key": []byte("bench/compacted"), "value": []byte("x")}, &struct{}{}); err != nil {
		return 0, err
	}
	var status struct {
		Header struct {
			Revision int64 `json:"revision,string"`
		} `json:"header"`
		Size int `json:"dbSize,string"`
	}
	if err := e.call(ctx, "maintenance/status", struct{}{}, &status); err != nil {
		return 0, err
	}
	err := e.call(ctx, "kv/compaction", map[string]any{"revision": status.Header.Revision, "physical": true}, &struct{}{})
	if err != nil {
		return 0, err
	}
	if err := e.call(ctx, "maintenance/defragment", struct{}{}, &struct{}{}); err != nil {
		return 0, err
	}
	err = e.call(ctx, "maintenance/status", struct{}{}, &status)
	return status.Size, err
}

// holds is what there is below a prefix.
func (e etcd) holds(ctx context.Context, prefix string) (kept, error) {
	var out kept
	next, end := []byte(prefix), behind(prefix)
	for {
		var page struct {
			KVs  []keyValue `json:"kvs"`
			More bool       `json:"more"`
		}
		if err := e.call(ctx, "kv/range", map[string]any{"key": next, "range_end": end, "limit": 500}, &page); err != nil {
			return out, err
		}
		for _, kv := range page.KVs {
			out = out.plus(kept{1, len(kv.Key) + len(kv.Value)})
			next = append(kv.Key, 0)
		}
		if !page.More {
			return out, nil
		}
	}
}

// forget takes away what there is below a prefix.
func (e etcd) forget(ctx context.Context, prefix string) error {
	return e.call(ctx, "kv/deleterange", map[string]any{"key": []byte(prefix), "range_end": behind(prefix)}, &struct{}{})
}

// behind is the first key that does not begin with prefix.
func behind(prefix string) []byte {
	end := []byte(prefix)
	end[len(end)-1]++
	return end
}

// watch notes what is written from now on, by type, until the function it returns
// is called.
func (e etcd) watch(ctx context.Context) (func() (map[string]kept, error), error) {
	const end = "bench/end"
	everything := base64.StdEncoding.EncodeToString([]byte{0})
	body, err := e.post(ctx, "watch", map[string]any{"create_request": map[string]any{"key": everything, "range_end": everything}})
	if err != nil {
		return nil, err
	}
	stream := json.NewDecoder(body)
	if err := stream.Decode(&struct{}{}); err != nil { // it says that it was created
		return nil, errors.Join(fmt.Errorf("watching etcd: %w", err), body.Close())
	}
	written, ended := map[string]kept{}, make(chan error, 1)
	go func() {
		for {
			var message struct {
				Result struct {
					Events []struct {
						KV keyValue `json:"kv"`
					} `json:"events"`
				} `json:"result"`
			}
			if err := stream.Decode(&message); err != nil {
				ended <- fmt.Errorf("watching etcd: %w", err)
				return
			}
			for _, event := range message.Result.Events {
				if string(event.KV.Key) == end {
					ended <- nil
					return
				}
				of := typeOf(string(event.KV.Key))
				written[of] = written[of].plus(kept{1, len(event.KV.Key) + len(event.KV.Value)})
			}
		}
	}()
	return func() (map[string]kept, error) {
		defer func() { _ = body.Close() }()
		if err := e.call(ctx, "kv/put", map[string]any{"key": []byte(end), "value": []byte("x")}, &struct{}{}); err != nil {
			return nil, err
		}
		return written, <-ended
	}, nil
}

// typeOf is the resource that a key belongs to, as cloudresources.
func typeOf(key string) string {
	parts := strings.Split(strings.TrimPrefix(key, "/registry/"), "/")
	if len(parts) > 1 && strings.Contains(parts[0], ".") {
		return parts[1]
	}
	return parts[0]
}
