package digitalocean

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"
)

const (
	perPage = 200
	// mostPages is a million resources of a kind: beyond it the pages do not end.
	mostPages = 5000
	// attempts at a listing whose pages shifted: something came or went meanwhile.
	attempts = 3
)

// pages is one listing.
type pages struct {
	doing, path string
	query       url.Values
	// key is where a page holds its elements.
	key string
}

// pageReader is one page, while what is under the listing's key is read.
type pageReader struct {
	// raw is what is under the listing's key.
	raw json.RawMessage
	// number is the page's, from 1; askedAt is when it was asked for.
	number  int
	askedAt time.Time
	count   int
	seen    map[string]bool
	twice   string
}

// saw counts an element. An id may come once in a listing, not once in a page.
func (p *pageReader) saw(id string) {
	p.count++
	if p.seen[id] {
		p.twice = id
	}
	p.seen[id] = true
}

// walk reads a listing's pages, and all of them again where they do not add up.
// read may so get an element that an earlier attempt has shown.
func (c *Client) walk(ctx context.Context, pages pages, read func(*pageReader) error) error {
	var err error
	for range attempts {
		if err = c.walkOnce(ctx, pages, read); ClassOf(err) != Incomplete {
			break
		}
	}
	return err
}

func (c *Client) walkOnce(ctx context.Context, pages pages, read func(*pageReader) error) error {
	query := url.Values{}
	maps.Copy(query, pages.query)
	query.Set("per_page", strconv.Itoa(perPage))
	seen, total := map[string]bool{}, 0
	var room bytes.Buffer // nothing that is kept of a page points into it
	for number := 1; number <= mostPages; number++ {
		doing := fmt.Sprintf("%s, page %d", pages.doing, number)
		query.Set("page", strconv.Itoa(number))
		body, askedAt, err := c.getInto(ctx, &room, doing, pages.path, query)
		if err != nil {
			return err
		}
		reader := &pageReader{number: number, askedAt: askedAt, seen: seen}
		p, err := reader.read(body, pages.key, read)
		if err != nil {
			return &Error{Class: Malformed, Doing: doing, Message: clean(err.Error(), c.token)}
		}
		if number == 1 {
			total = p.total
		}
		if wrong := p.wrong(reader, total); wrong != "" {
			return &Error{Class: Incomplete, Doing: doing, Message: clean(wrong, c.token)}
		}
		if !p.next {
			return nil
		}
	}
	return &Error{Class: Incomplete, Doing: pages.doing, Message: fmt.Sprintf("there is no end after %d pages", mostPages)}
}

// wrong says why the listing can't become complete after this page, or "".
func (p page) wrong(read *pageReader, total int) string {
	came := len(read.seen)
	switch {
	case !p.hasTotal:
		return "the page does not say how many there are in all"
	case p.total != total:
		return fmt.Sprintf("there were %d in all on page 1 and are %d now", total, p.total)
	case read.twice != "":
		return read.twice + " came twice"
	case came > total:
		return fmt.Sprintf("%d came, more than the %d there are in all", came, total)
	case p.next && read.count == 0:
		return "the page is empty and yet not the last"
	case !p.next && came != total:
		return fmt.Sprintf("%d came of %d in all", came, total)
	}
	return ""
}

// page is what a page says of its listing.
type page struct {
	total    int
	hasTotal bool
	next     bool
}

// read reads a page: read gets what is under key. An answer without key is not
// that listing's.
func (p *pageReader) read(body []byte, key string, read func(*pageReader) error) (page, error) {
	if err := checkJSON(body); err != nil {
		return page{}, err
	}
	answer, err := cutObject(body)
	if err != nil {
		return page{}, fmt.Errorf("the answer is %w", err)
	}
	if p.raw = answer[key]; p.raw == nil {
		return page{}, fmt.Errorf("the answer has no %q", key)
	}
	if err := read(p); err != nil {
		return page{}, fmt.Errorf("%q: %w", key, err)
	}
	return readPaging(answer)
}

// readPaging reads links and meta. An endpoint that does not page has neither.
func readPaging(answer object) (page, error) {
	var (
		links struct {
			Pages struct{ Next string }
		}
		meta struct{ Total *int }
	)
	if raw := answer["links"]; raw != nil {
		if err := json.Unmarshal(raw, &links); err != nil {
			return page{}, fmt.Errorf("its links can't be read: %w", err)
		}
	}
	if raw := answer["meta"]; raw != nil {
		if err := json.Unmarshal(raw, &meta); err != nil {
			return page{}, fmt.Errorf("its meta can't be read: %w", err)
		}
	}
	p := page{next: links.Pages.Next != "", hasTotal: meta.Total != nil}
	if p.hasTotal {
		p.total = *meta.Total
	}
	return p, nil
}
