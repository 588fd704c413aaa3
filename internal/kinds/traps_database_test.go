package kinds

import "testing"

func TestDatabaseCluster(t *testing.T) {
	spring(t, "DatabaseCluster", []trap{
		{why: "DigitalOcean moved every Redis to Valkey, and to a later version", desired: `{"engine":"redis","version":"7"}`, observed: `{"engine":"valkey","version":"8"}`},
		{why: "in capitals", desired: `{"engine":"Redis"}`, observed: `{"engine":"valkey"}`},
		{why: "Redis that was not moved yet", desired: `{"engine":"valkey"}`, observed: `{"engine":"redis"}`},
		{why: "another engine", desired: `{"engine":"mysql"}`, observed: `{"engine":"pg"}`, drifts: []string{"engine"}},
		{why: "numbers and their text", desired: `{"storage_size_mib":"10240","num_nodes":"1"}`, observed: `{"storage_size_mib":10240,"num_nodes":1}`},
		{why: "a node was added", desired: `{"num_nodes":2}`, observed: `{"num_nodes":3}`, drifts: []string{"num_nodes"}},
		{why: "storage was added", desired: `{"storage_size_mib":61440}`, observed: `{"storage_size_mib":71680}`, drifts: []string{"storage_size_mib"}},
		{why: "the size's own storage", desired: `{"storage_size_mib":null}`, observed: `{"storage_size_mib":61440}`},
		{why: "it was resized", desired: `{"size":"DB-s-2vcpu-4gb"}`, observed: `{"size":"db-s-1vcpu-2gb"}`, drifts: []string{"size"}},
		{why: "it was migrated", desired: `{"region":"NYC3"}`, observed: `{"region":"fra1"}`, drifts: []string{"region"}},

		{why: "a version as a number", desired: `{"version":16}`, observed: `{"engine":"pg","version":"16"}`},
		{why: "the version that DigitalOcean chose", desired: `{"version":""}`, observed: `{"engine":"pg","version":"16"}`},
		{why: "somebody upgraded it", desired: `{"version":"16"}`, observed: `{"engine":"pg","version":"17"}`, drifts: []string{"version"}},
		{why: "Kafka's minor versions are upgraded by people", desired: `{"version":"3.7"}`, observed: `{"engine":"kafka","version":"3.8"}`, drifts: []string{"version"}},
		{why: "a patch of PostgreSQL, whose patches are the second part", desired: `{"semantic_version":"14.5"}`, observed: `{"engine":"pg","semantic_version":"14.7"}`},
		{why: "and a major version", desired: `{"semantic_version":"14.5"}`, observed: `{"engine":"pg","semantic_version":"15.1"}`, drifts: []string{"semantic_version"}},
		{why: "a patch of MySQL", desired: `{"semantic_version":"8.0.28"}`, observed: `{"engine":"mysql","semantic_version":"8.0.35"}`},
		{why: "an older one of it", desired: `{"semantic_version":"8.0.35"}`, observed: `{"engine":"mysql","semantic_version":"8.0.28"}`, drifts: []string{"semantic_version"}},

		{why: "an hour with and without seconds, a day in capitals", desired: `{"maintenance_window":{"day":"Tuesday","hour":"14:00"}}`,
			observed: `{"maintenance_window":{"day":"tuesday","hour":"14:00:00"}}`},
		{why: "an hour of one digit", desired: `{"maintenance_window":{"hour":"4:00:00"}}`, observed: `{"maintenance_window":{"hour":"04:00"}}`},
		{why: "an hour as a number", desired: `{"maintenance_window":{"hour":14}}`, observed: `{"maintenance_window":{"hour":"14:00:00"}}`},
		{why: "minutes count", desired: `{"maintenance_window":{"hour":"14:00"}}`, observed: `{"maintenance_window":{"hour":"14:30:00"}}`, drifts: []string{"maintenance_window.hour"}},
		{why: "another day", desired: `{"maintenance_window":{"day":"tuesday","hour":"14:00"}}`, observed: `{"maintenance_window":{"day":"monday","hour":"14:00:00"}}`, drifts: []string{"maintenance_window.day"}},
		{why: "a window that DigitalOcean chose", desired: `{"maintenance_window":null}`, observed: `{"maintenance_window":{"day":"monday","hour":"08:45:12"}}`},

		{why: "no tags are null", desired: `{"tags":[],"db_names":[]}`, observed: `{"tags":null,"db_names":null}`},
		{why: "tags without case", desired: `{"tags":"Production"}`, observed: `{"tags":["production"]}`},
		{why: "a tag was added", desired: `{"tags":[]}`, observed: `{"tags":["production"]}`, drifts: []string{"tags"}},
		{why: "tags that the token may not see", desired: `{"tags":["production"]}`, observed: `{}`, unseen: []string{"tags"}, unknown: []string{"tags"}},
		{why: "databases that others added", desired: `{"db_names":["app"]}`, observed: `{"db_names":["defaultdb","app"]}`},
		{why: "a database was dropped", desired: `{"db_names":["app"]}`, observed: `{"db_names":["defaultdb"]}`, drifts: []string{"db_names"}},
		{why: "and it was the last that is shown", desired: `{"db_names":["app"]}`, observed: `{"db_names":null}`, drifts: []string{"db_names"}},
		{why: "the region's default network, the default project", desired: `{"private_network_uuid":null,"project_id":""}`,
			observed: `{"private_network_uuid":"d455e75d-4858-4eec-8c95-da2f0a5f93a7","project_id":"9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"}`},
		{why: "network and project that the token may not see", desired: `{"private_network_uuid":"d455e75d-4858-4eec-8c95-da2f0a5f93a7","project_id":"9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"}`,
			observed: `{}`, unseen: []string{"private_network_uuid", "project_id"}, unknown: []string{"private_network_uuid", "project_id"}},
		{why: "names of the service without case and dot, none at all", desired: `{"do_settings":{"service_cnames":["DB.example.com."]}}`, observed: `{"do_settings":{"service_cnames":["db.example.com"]}}`},
		{why: "settings of which nobody set any", desired: `{"do_settings":null}`, observed: `{"do_settings":{"service_cnames":[]}}`},
		{why: "a name was added", desired: `{"do_settings":null}`, observed: `{"do_settings":{"service_cnames":["db.example.com"]}}`, drifts: []string{"do_settings"}},
		{why: "times in another zone", desired: `{"created_at":"2019-01-11T19:37:36+01:00","version_end_of_life":"2023-11-09T00:00:00.000Z"}`,
			observed: `{"created_at":"2019-01-11T18:37:36Z","version_end_of_life":"2023-11-09T00:00:00Z"}`},
		{why: "it is resizing", desired: `{"status":"online"}`, observed: `{"status":"resizing"}`, drifts: []string{"status"}},
	})
}

func TestDatabaseFirewall(t *testing.T) {
	const (
		office  = `{"type":"ip_addr","value":"192.0.2.7","uuid":"79f26d28-ea8a-41f2-8ad8-8cfcdd020095","cluster_uuid":"c","created_at":"2019-11-14T20:30:28Z"}`
		droplet = `{"type":"droplet","value":"3164444","uuid":"89f26d28-ea8a-41f2-8ad8-8cfcdd020095","cluster_uuid":"c"}`
		both    = `{"rules":[{"type":"ip_addr","value":"192.0.2.7"},{"type":"droplet","value":"3164444"}]}`
	)
	spring(t, "DatabaseFirewall", []trap{
		{why: "what the server sets does not count, nor does the order", desired: both, observed: `{"rules":[` + droplet + `,` + office + `]}`},
		{why: "one source was removed", desired: both, observed: `{"rules":[` + droplet + `]}`, drifts: []string{`rules["ip_addr/192.0.2.7"]`}},
		{why: "one was added, which lets in everybody", desired: both, observed: `{"rules":[` + droplet + `,` + office + `,{"type":"ip_addr","value":"0.0.0.0/0"}]}`,
			drifts: []string{`rules["ip_addr/0.0.0.0/0"]`}},
		{why: "all were removed", desired: both, observed: `{"rules":[]}`, drifts: []string{`rules["droplet/3164444"]`, `rules["ip_addr/192.0.2.7"]`}},
		{why: "none are null, or none", desired: `{"rules":[]}`, observed: `{"rules":null}`},
		{why: "bits of the host", desired: `{"rules":[{"type":"ip_addr","value":"10.1.2.3/24"}]}`, observed: `{"rules":[{"type":"ip_addr","value":"10.1.2.0/24","uuid":"u"}]}`},
		{why: "a network of one address", desired: `{"rules":[{"type":"ip_addr","value":"192.0.2.7/32"}]}`, observed: `{"rules":[` + office + `]}`},
		{why: "a droplet's id as a number", desired: `{"rules":[{"type":"droplet","value":3164444}]}`, observed: `{"rules":[` + droplet + `]}`},
		{why: "tags, types and UUIDs without case", desired: `{"rules":[{"type":"TAG","value":"Backend"},{"type":"k8s","value":"FF2A6C52-5a44-4b63-b99c-0e98e7a63d61"}]}`,
			observed: `{"rules":[{"type":"k8s","value":"ff2a6c52-5a44-4b63-b99c-0e98e7a63d61"},{"type":"tag","value":"backend"}]}`},
		{why: "a description that nobody declared", desired: `{"rules":[{"type":"ip_addr","value":"192.0.2.7"}]}`, observed: `{"rules":[{"type":"ip_addr","value":"192.0.2.7","description":"office"}]}`},
		{why: "another description", desired: `{"rules":[{"type":"ip_addr","value":"192.0.2.7","description":"office\n"}]}`,
			observed: `{"rules":[{"type":"ip_addr","value":"192.0.2.7","description":"home"}]}`, drifts: []string{`rules["ip_addr/192.0.2.7"].description`}},
		{why: "a source that is declared twice", desired: `{"rules":[{"type":"ip_addr","value":"192.0.2.7"},{"type":"ip_addr","value":"192.0.2.7/32"}]}`, observed: `{"rules":[` + office + `]}`},
	})
}
