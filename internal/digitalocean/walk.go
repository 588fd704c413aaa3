package digitalocean

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

const (
	perPage = 200
	// mostPages is a million resources of a kind: beyond it the pages do not end.
	mostPages = 5000
	// mostWhole is how many one answer holds at most that is not paged.
	mostWhole = 10_000
	// attempts at a listing whose pages shifted: something came or went meanwhile.
	attempts = 3
)

// pages is one listing.
type pages struct {
	doing, path string
	query       url.Values
	// key is where a page holds its elements; "" where the answer is the one there is.
	key    string
	paging kinds.Paging
}

// most is how many elements one answer may hold.
func most(paging kinds.Paging) int {
	if paging == kinds.Whole {
		return mostWhole
	}
	return perPage
}

// pageReader is one page, while what is under the listing's key is read.
type pageReader struct {
	// raw is what is under the listing's key.
	raw json.RawMessage
	// number is the page's, from 1; askedAt is when it was asked for.
	number  int
	askedAt time.Time
	count   int
	// most is how many elements may come.
	most  int
	seen  map[string]bool
	twice string
}

// saw counts an element. An id may come once in a listing, not once in a page. A page of
// more than was asked for is not read to its end.
func (p *pageReader) saw(id string) error {
	if p.count++; p.count > p.most {
		return fmt.Errorf("it holds more than %d", p.most)
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

// walkOnce reads the first page, and the others as the listing's paging has it.
func (c *Client) walkOnce(ctx context.Context, pages pages, read func(*pageReader) error) error {
	w := &walking{client: c, pages: pages, read: read, seen: map[string]bool{}}
	room := &bytes.Buffer{}
	if err := w.look(1, c.ask(ctx, pages, 1, room, nil)); err != nil || !w.next {
		return err
	}
	if pages.paging == kinds.UntilShort {
		return w.oneByOne(ctx, room)
	}
	// Not rounded up by adding first: a total may be the largest number that there is.
	last := w.total / w.size
	if w.total%w.size > 0 {
		last++
	}
	if last > mostPages {
		return w.endless()
	}
	if err := w.sideBySide(ctx, last, room); err != nil || !w.next {
		return err
	}
	return &Error{Class: Incomplete, Doing: pages.doing, Message: fmt.Sprintf("page %d is not the last, and holds all of the %d there are in all", last, w.total)}
}

// sideBySide reads the pages from the second on. A few are asked for at once; they are
// looked at in their order, as they come.
func (w *walking) sideBySide(ctx context.Context, last int, room *bytes.Buffer) error {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	type asked struct {
		turn   chan struct{}
		answer chan pageAnswer
	}
	under := map[int]asked{}
	next := 2
	ask := func(room *bytes.Buffer) {
		number, a := next, asked{make(chan struct{}), make(chan pageAnswer, 1)}
		under[number] = a
		asking.Go(func() { a.answer <- w.client.ask(ctx, w.pages, number, room, a.turn) })
		next++
	}
	for next <= min(last, 1+pagesAtOnce) {
		ask(room)
		room = &bytes.Buffer{}
	}
	for number := 2; number <= last; number++ {
		a := under[number]
		delete(under, number)
		close(a.turn)
		answer := <-a.answer // it ends with the context
		if err := w.look(number, answer); err != nil || !w.next {
			return err
		}
		if next <= last {
			ask(answer.room)
		}
	}
	return nil
}

// oneByOne reads the pages from the second on, of which nothing says how many there are.
func (w *walking) oneByOne(ctx context.Context, room *bytes.Buffer) error {
	for number := 2; number <= mostPages; number++ {
		if err := w.look(number, w.client.ask(ctx, w.pages, number, room, nil)); err != nil || !w.next {
			return err
		}
	}
	return w.endless()
}

func (w *walking) endless() error {
	return &Error{Class: Incomplete, Doing: w.pages.doing, Message: fmt.Sprintf("there is no end after %d pages", mostPages)}
}

// pageAnswer is what came of asking for a page.
type pageAnswer struct {
	doing   string
	body    []byte
	room    *bytes.Buffer
	askedAt time.Time
	err     error
	// done is to be called when the body is no longer looked at.
	done func()
}

// ask asks for one page. turn is closed when the pages before it have been looked at; nil
// where there are none.
func (c *Client) ask(ctx context.Context, pages pages, number int, room *bytes.Buffer, turn <-chan struct{}) pageAnswer {
	query := url.Values{}
	maps.Copy(query, pages.query)
	out := pageAnswer{doing: pages.doing, room: room}
	if pages.paging != kinds.Whole {
		query.Set("per_page", strconv.Itoa(perPage))
		query.Set("page", strconv.Itoa(number))
		out.doing = fmt.Sprintf("%s, page %d", pages.doing, number)
	}
	x := &exchange{room: room, most: maxPage, turn: turn}
	out.body, out.askedAt, out.err = c.do(ctx, x, out.doing, pages.path, query)
	out.done = x.done
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
	defer a.done()
	if a.err != nil {
		return a.err
	}
	reader := &pageReader{number: number, askedAt: a.askedAt, seen: w.seen, most: most(w.pages.paging)}
	p, err := reader.read(a.body, w.pages.key, w.read)
	if err != nil {
		return &Error{Class: Malformed, Doing: a.doing, Message: clean(err.Error(), w.client.token)}
	}
	if number == 1 {
		w.total, w.size = p.total, max(reader.count, 1)
	}
	w.next = p.next
	if w.pages.paging == kinds.UntilShort {
		w.next = reader.count == perPage
	}
	if wrong := p.wrong(reader, w.pages.paging, w.total); wrong != "" {
		return &Error{Class: Incomplete, Doing: a.doing, Message: clean(wrong, w.client.token)}
	}
	return nil
}

// wrong says why the listing can't become complete after this page, or "".
func (p page) wrong(read *pageReader, paging kinds.Paging, total int) string {
	if read.twice != "" {
		return read.twice + " came twice"
	}
	if !p.hasTotal {
		return p.wrongWithoutTotal(read, paging)
	}
	came := len(read.seen)
	last := !p.next
	if paging == kinds.UntilShort {
		last = read.count < perPage
	}
	switch {
	case p.total != total:
		return fmt.Sprintf("there were %d in all on page 1 and are %d now", total, p.total)
	case came > total:
		return fmt.Sprintf("%d came, more than the %d there are in all", came, total)
	case !last && paging == kinds.Whole:
		return "there is another page, where one was to hold all"
	case !last && read.count == 0:
		return "the page is empty and yet not the last"
	case last && came != total:
		return fmt.Sprintf("%d came of %d in all", came, total)
	}
	return ""
}

// wrongWithoutTotal is wrong for a page that does not say how many there are in all.
func (p page) wrongWithoutTotal(read *pageReader, paging kinds.Paging) string {
	switch {
	case paging == kinds.Paged:
		return "the page does not say how many there are in all"
	case p.next && paging == kinds.Whole:
		return "there is another page, where one was to hold all"
	case p.next && read.count < perPage:
		return "the page is short and yet not the last"
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
	if key == "" {
		p.raw = body
	} else if p.raw = answer[key]; p.raw == nil {
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
