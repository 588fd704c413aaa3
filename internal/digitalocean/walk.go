package digitalocean

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	*json.Decoder
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
	for number := 1; number <= mostPages; number++ {
		doing := fmt.Sprintf("%s, page %d", pages.doing, number)
		query.Set("page", strconv.Itoa(number))
		body, askedAt, err := c.get(ctx, doing, pages.path, query)
		if err != nil {
			return err
		}
		reader := &pageReader{number: number, askedAt: askedAt, seen: seen}
		p, err := readPage(body, pages.key, func(decoder *json.Decoder) error {
			reader.Decoder = decoder
			return read(reader)
		})
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

// readPage reads one page: each gets every element that is under key, one at a
// time. An answer without key is not that listing's.
func readPage(body []byte, key string, each func(*json.Decoder) error) (page, error) {
	var p page
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := expect(decoder, '{'); err != nil {
		return p, err
	}
	found := false
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return p, notJSON(err)
		}
		switch name {
		case key:
			if found {
				return p, fmt.Errorf("the answer holds %q twice", key)
			}
			found, err = true, each(decoder)
		case "links":
			err = p.readLinks(decoder)
		case "meta":
			err = p.readMeta(decoder)
		default:
			var skipped json.RawMessage
			err = notJSON(decoder.Decode(&skipped))
		}
		if err != nil {
			return p, err
		}
	}
	if err := expect(decoder, '}'); err != nil {
		return p, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return p, errors.New("the answer goes on after its end")
	}
	if !found {
		return p, fmt.Errorf("the answer has no %q", key)
	}
	return p, nil
}

func (p *page) readLinks(decoder *json.Decoder) error {
	var links struct {
		Pages struct{ Next string }
	}
	if err := decoder.Decode(&links); err != nil {
		return notJSON(err)
	}
	p.next = links.Pages.Next != ""
	return nil
}

func (p *page) readMeta(decoder *json.Decoder) error {
	var meta struct{ Total *int }
	if err := decoder.Decode(&meta); err != nil {
		return notJSON(err)
	}
	if meta.Total != nil {
		p.total, p.hasTotal = *meta.Total, true
	}
	return nil
}

func expect(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err != nil {
		return notJSON(err)
	}
	if token != want {
		return fmt.Errorf("the answer has something else where %q belongs", want.String())
	}
	return nil
}

// notJSON puts the decoder's error into the words of an answer.
func notJSON(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the answer ends in the middle")
	default:
		return fmt.Errorf("the answer can't be read: %w", err)
	}
}

// eachElement reads a list of objects, one at a time.
func (p *pageReader) eachElement(do func(map[string]json.RawMessage) error) error {
	if err := expect(p.Decoder, '['); err != nil {
		return err
	}
	for p.More() {
		var element map[string]json.RawMessage
		if err := p.Decode(&element); err != nil {
			return notJSON(err)
		}
		if err := do(element); err != nil {
			return err
		}
	}
	return expect(p.Decoder, ']')
}
