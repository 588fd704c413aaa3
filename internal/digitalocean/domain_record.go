package digitalocean

func init() {
	register(kind{
		name: "DomainRecord", one: "record", many: "records",
		path: "v2/domains/%s/records", listKey: "domain_records", itemKey: "domain_record",
		refName: recordName,
		fields: []field{
			{path: "name"},
			{path: "type"},
			{path: "data"},
			{path: "ttl"},
			// Only the types that have them bring them.
			{path: "priority", optional: true},
			{path: "port", optional: true},
			{path: "weight", optional: true},
			{path: "flags", optional: true},
			{path: "tag", optional: true},
		},
	})
}

// recordName is the record's full name. Within its domain the record is called
// www, or @ for the domain itself.
func recordName(name, domain string) string {
	if name == "@" || name == "" {
		return domain
	}
	return name + "." + domain
}
