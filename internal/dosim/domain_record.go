package dosim

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
)

const minTTL = 30

// domainRecordKind serves the records of each domain.
var domainRecordKind = kind{
	name: "DomainRecord",
	routes: []route{
		{pattern: "GET /v2/domains/{domain}/records", scope: "domain:read", handle: onDomain(listRecords)},
		{pattern: "POST /v2/domains/{domain}/records", scope: "domain:create", handle: onDomain(createRecord)},
		{pattern: "GET /v2/domains/{domain}/records/{record}", scope: "domain:read", handle: onRecord(func(_ *call, _ *domain, r *record) (*reply, error) {
			return &reply{http.StatusOK, map[string]any{"domain_record": *r}}, nil
		})},
		{pattern: "PUT /v2/domains/{domain}/records/{record}", scope: "domain:update", handle: onRecord(updateRecord)},
		{pattern: "PATCH /v2/domains/{domain}/records/{record}", scope: "domain:update", handle: onRecord(updateRecord)},
		{pattern: "DELETE /v2/domains/{domain}/records/{record}", scope: "domain:delete", handle: onRecord(deleteRecord)},
	},
	seed: func(s *Server, t *team, n int) {
		d, ok := t.Domains.get("example.com")
		if !ok {
			d = t.addDomain(s.state, "example.com")
		}
		d.Records.add(&record{ID: s.state.nextID(), Type: "A", Name: fmt.Sprintf("seed-%d", n), Data: offset("198.18.0.0", n), TTL: defaultTTL})
	},
}

// record is stored as it is shown: fields that its type does not have are null.
type record struct {
	ID       int     `json:"id"`
	Type     string  `json:"type"`
	Name     string  `json:"name"`
	Data     string  `json:"data"`
	Priority *int    `json:"priority"`
	Port     *int    `json:"port"`
	TTL      int     `json:"ttl"`
	Weight   *int    `json:"weight"`
	Flags    *int    `json:"flags"`
	Tag      *string `json:"tag"`
}

func (r *record) key() int { return r.ID }

// pointsAtName are the types whose data is a host name.
var pointsAtName = []string{"CNAME", "MX", "NS", "SRV"}

func (r *record) zoneData(domain string) string {
	data := r.Data
	if slices.Contains(pointsAtName, r.Type) {
		switch data {
		case "@":
			data = domain + "."
		case ".":
		default:
			data += "."
		}
	}
	switch r.Type {
	case "MX":
		return fmt.Sprintf("%d %s", *r.Priority, data)
	case "SRV":
		return fmt.Sprintf("%d %d %d %s", *r.Priority, *r.Weight, *r.Port, data)
	case "CAA":
		return fmt.Sprintf("%d %s %q", *r.Flags, *r.Tag, data)
	case "SOA":
		return fmt.Sprintf("ns1.digitalocean.com. hostmaster.%s. 1 10800 3600 604800 %s", domain, data)
	}
	return data
}

func onRecord(handle func(c *call, d *domain, r *record) (*reply, error)) handler {
	return onDomain(func(c *call, d *domain) (*reply, error) {
		r, ok := d.Records.get(atoi(c.path("record"), 0))
		if !ok {
			return nil, notFound()
		}
		return handle(c, d, r)
	})
}

// listRecords filters by type, and by name, which is the whole name.
func listRecords(c *call, d *domain) (*reply, error) {
	name, ofType := c.query("name"), c.query("type")
	found := d.Records.filter(func(r *record) bool {
		return (ofType == "" || strings.EqualFold(r.Type, ofType)) && (name == "" || strings.EqualFold(d.whole(r.Name), strings.TrimSuffix(name, ".")))
	})
	return list(c, "domain_records", found, func(r *record) any { return *r })
}

// relative is a name as records have it: below the domain, "@" for itself. With a
// dot at its end a name is absolute; any other is relative already, the domain's
// own name too.
func (d *domain) relative(name string) (string, error) {
	name = strings.ToLower(name)
	absolute, ok := strings.CutSuffix(name, ".")
	switch {
	case name == "" || name == "@" || ok && absolute == d.Name:
		return "@", nil
	case !ok:
		return name, nil
	}
	relative, below := strings.CutSuffix(absolute, "."+d.Name)
	if !below {
		return "", errRecordName
	}
	return relative, nil
}

var errRecordName = invalid("Name is invalid")

// whole is a record's name with its domain.
func (d *domain) whole(name string) string {
	if name == "@" {
		return d.Name
	}
	return name + "." + d.Name
}

type recordRequest struct {
	Type     *string `json:"type"`
	Name     *string `json:"name"`
	Data     *string `json:"data"`
	Priority *int    `json:"priority"`
	Port     *int    `json:"port"`
	TTL      *int    `json:"ttl"`
	Weight   *int    `json:"weight"`
	Flags    *int    `json:"flags"`
	Tag      *string `json:"tag"`
}

func createRecord(c *call, d *domain) (*reply, error) {
	var req recordRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Type == nil {
		return nil, invalid("Type can't be blank")
	}
	r := record{Type: strings.ToUpper(*req.Type), TTL: defaultTTL, Name: "@"}
	if r.Type == "SOA" {
		return nil, invalid("SOA records cannot be created")
	}
	if err := req.apply(d, &r); err != nil {
		return nil, err
	}
	r.ID = c.state.nextID()
	d.Records.add(&r)
	d.shareTTL(&r)
	return &reply{http.StatusCreated, map[string]any{"domain_record": r}}, nil
}

// updateRecord serves PUT and PATCH, which both change only what is named.
func updateRecord(c *call, d *domain, r *record) (*reply, error) {
	var req recordRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Type != nil && !strings.EqualFold(*req.Type, r.Type) {
		return nil, invalid("Type cannot be changed")
	}
	changed := *r
	if err := req.apply(d, &changed); err != nil {
		return nil, err
	}
	if r.Type == "SOA" && (changed.Name != r.Name || changed.Data != r.Data) {
		return nil, invalid("Only the TTL of an SOA record can be changed")
	}
	*r = changed
	d.shareTTL(r)
	return &reply{http.StatusOK, map[string]any{"domain_record": *r}}, nil
}

func deleteRecord(_ *call, d *domain, r *record) (*reply, error) {
	if r.Type == "SOA" {
		return nil, invalid("SOA records cannot be deleted")
	}
	d.Records.remove(r.ID)
	return &reply{http.StatusNoContent, nil}, nil
}

// shareTTL keeps the TTL of an RRset one: DNS knows no other.
func (d *domain) shareTTL(r *record) {
	for _, other := range d.Records.rows {
		if other.Type == r.Type && other.Name == r.Name {
			other.TTL = r.TTL
		}
	}
}

// apply puts a request's fields on a record and checks the whole.
func (req *recordRequest) apply(d *domain, r *record) error {
	if req.Name != nil {
		name, err := d.relative(*req.Name)
		if err != nil {
			return err
		}
		r.Name = name
	}
	if !recordName.MatchString(r.Name) || len(d.whole(r.Name)) > maxHostName {
		return errRecordName
	}
	set(&r.TTL, req.TTL)
	if r.TTL < minTTL || r.TTL > math.MaxInt32 {
		return invalid("TTL must be between %d and %d", minTTL, math.MaxInt32)
	}
	if req.Tag != nil && r.Type == "CAA" {
		r.Tag = req.Tag
	}
	if req.Data != nil {
		data, err := d.data(r, *req.Data)
		if err != nil {
			return err
		}
		r.Data = data
	}
	if r.Data == "" {
		return invalid("Data can't be blank")
	}
	if err := req.applyNumbers(r); err != nil {
		return err
	}
	return d.checkAlias(r)
}

// applyNumbers takes only the numbers that the type has; clients send zeros
// for the others.
func (req *recordRequest) applyNumbers(r *record) error {
	take := func(field **int, value *int, name string, most int) error {
		if value != nil {
			*field = value
		}
		if *field == nil {
			return invalid("%s can't be blank", name)
		}
		if **field < 0 || **field > most {
			return invalid("%s must be between 0 and %d", name, most)
		}
		return nil
	}
	switch r.Type {
	case "MX":
		return take(&r.Priority, req.Priority, "Priority", math.MaxUint16)
	case "SRV":
		for _, err := range []error{
			take(&r.Priority, req.Priority, "Priority", math.MaxUint16),
			take(&r.Port, req.Port, "Port", math.MaxUint16),
			take(&r.Weight, req.Weight, "Weight", math.MaxUint16),
		} {
			if err != nil {
				return err
			}
		}
	case "CAA":
		if r.Tag == nil || !slices.Contains([]string{"issue", "issuewild", "iodef"}, *r.Tag) {
			return invalid("Tag must be one of issue, issuewild, iodef")
		}
		return take(&r.Flags, req.Flags, "Flags", math.MaxUint8)
	}
	return nil
}

// checkAlias: a CNAME is alone under its name.
func (d *domain) checkAlias(r *record) error {
	for _, other := range d.Records.rows {
		if other.ID != r.ID && other.Name == r.Name && (other.Type == "CNAME" || r.Type == "CNAME") {
			return invalid("CNAME records cannot share a name with other records")
		}
	}
	return nil
}
