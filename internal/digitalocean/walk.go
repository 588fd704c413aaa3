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

// saw counts an element. An id may come once in a listing, not once in a page. A page of
// more than was asked for is not read to its end.
func (p *pageReader) saw(id string) error {
	if p.count++; p.count > perPage {
		return fmt.Errorf("the page holds more than the %d that were asked for", perPage)
	}
	if p.seen[id] {
		p.twice = id
	}
	p.seen[id] = true
	return nil
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

// pagesAtOnce is how many pages are asked for at once, and so how many are in memory.
const pagesAtOnce = 4

// walkOnce reads the first page and then, because that says how many there are, the
// others side by side. They are looked at in their order.
func (c *Client) walkOnce(ctx context.Context, pages pages, read func(*pageReader) error) error {
	w := &walking{client: c, pages: pages, read: read, seen: map[string]bool{}}
	if err := w.look(1, c.ask(ctx, pages, 1, &bytes.Buffer{})); err != nil || !w.next {
		return err
	}
	last := (w.total + w.size - 1) / w.size
	if last > mostPages {
		return &Error{Class: Incomplete, Doing: pages.doing, Message: fmt.Sprintf("there is no end after %d pages", mostPages)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make([]chan pageAnswer, last+1)
	rooms := make(chan *bytes.Buffer, pagesAtOnce) // nothing that is kept of a page points into them
	for range pagesAtOnce {
		rooms <- &bytes.Buffer{}
	}
	for number := 2; number <= last; number++ {
		answers[number] = make(chan pageAnswer, 1)
	}
	go func() {
		for number := 2; number <= last; number++ {
			select {
			case room := <-rooms:
				go func() { answers[number] <- c.ask(ctx, pages, number, room) }()
			case <-ctx.Done():
				return
			}
		}
	}()
	for number := 2; number <= last; number++ {
		var answer pageAnswer
		select {
		case answer = <-answers[number]:
		case <-ctx.Done():
			return &Error{Class: Canceled, Doing: pages.doing, Message: ctx.Err().Error(), cause: ctx.Err()}
		}
		if err := w.look(number, answer); err != nil {
			return err
		}
		if !w.next {
			return nil
		}
		rooms <- answer.room
	}
	return &Error{Class: Incomplete, Doing: pages.doing, Message: fmt.Sprintf("page %d is not the last, and holds all of the %d there are in all", last, w.total)}
}

// pageAnswer is what came of asking for a page.
type pageAnswer struct {
	doing   string
	body    []byte
	room    *bytes.Buffer
	askedAt time.Time
	err     error
}

// ask asks for one page.
func (c *Client) ask(ctx context.Context, pages pages, number int, room *bytes.Buffer) pageAnswer {
	query := url.Values{}
	maps.Copy(query, pages.query)
	query.Set("per_page", strconv.Itoa(perPage))
	query.Set("page", strconv.Itoa(number))
	out := pageAnswer{doing: fmt.Sprintf("%s, page %d", pages.doing, number), room: room}
	out.body, out.askedAt, out.err = c.getInto(ctx, room, out.doing, pages.path, query)
	return out
}

// walking is one walk through a listing's pages.
type walking struct {
	client *Client
	pages  pages
	read   func(*pageReader) error
	seen   map[string]bool
	// total and size are the first page's: how many there are in all, and how many it has.
	total, size int
	// next says that the last page that was looked at is not the listing's last.
	next bool
}

// look looks at a page, and says why the listing can't become complete after it.
func (w *walking) look(number int, a pageAnswer) error {
	if a.err != nil {
		return a.err
	}
	reader := &pageReader{number: number, askedAt: a.askedAt, seen: w.seen}
	p, err := reader.read(a.body, w.pages.key, w.read)
	if err != nil {
		return &Error{Class: Malformed, Doing: a.doing, Message: clean(err.Error(), w.client.token)}
	}
	if number == 1 {
		w.total, w.size = p.total, max(reader.count, 1)
	}
	w.next = p.next
	if wrong := p.wrong(reader, w.total); wrong != "" {
		return &Error{Class: Incomplete, Doing: a.doing, Message: clean(wrong, w.client.token)}
	}
	return nil
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
