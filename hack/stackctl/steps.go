package main

// step is one thing that the demo does and shows.
type step struct {
	// title says what happens, when it begins something new.
	title string
	// run is a shell command, as a person would type it. {name} stands for the name
	// of an object that has a generated one.
	run string
	// call is a change in the simulated DigitalOcean instead: a method, a path and
	// a body.
	call *call
	// refused: the command has to fail.
	refused bool
	// want are regular expressions that the output has to match, each in one line.
	want []string
	// rows is how many lines there have to be below a table's header; 0: any number.
	rows int
}

type call struct{ method, path, body string }

// steps are the demo, in the order in which a user lives it: from an empty control plane to
// an inbox that was worked off and a Git that says what is.
var steps = []step{
	{
		title: "The people: dana runs the platform, sam declares, kim may annotate drifts but not accept them",
		run:   `kubectl --kubeconfig $DEMO/admin.kubeconfig apply -f hack/demo/people.yaml`,
		want:  []string{`dana-runs-the-platform created`, `kim-annotates created`},
	},
	{
		title: "dana gives the operator an account; it takes the inventory",
		run:   `kubectl apply -f $DEMO/account.yaml`,
		want:  []string{`secret/digitalocean created`, `cloudaccount.*/production created`},
	},
	{
		run:  `kubectl wait cloudaccount/production --for=condition=Synced --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run: `kubectl get cloudresources -o custom-columns=KIND:.spec.kind,ID:.spec.id,NAME:.observed.name,REGION:.observed.region,SIZE:.observed.size_slug`,
		want: []string{
			`^Droplet +\d+ +web-1 +nyc3 +s-2vcpu-4gb`, `^Firewall .* web `, `^Volume .* db-data `, `^Domain +example.com `, `^VPC .* production `, `^Tag +prod `,
		},
	},
	{
		title: "Nobody writes declarations by hand: they are made of what there is, one file a resource, for Git",
		run:   `kubectl drift adopt --all --to $DEMO/infra`,
		want:  []string{`new in`},
	},
	{
		run:  `cat $DEMO/infra/droplet-web-1*.yaml`,
		want: []string{`^  kind: Droplet|kind: CloudProvisioned`, `size_slug: s-2vcpu-4gb`},
	},
	{
		run:  `kubectl --kubeconfig $DEMO/sam.kubeconfig apply -k $DEMO/infra`,
		want: []string{`droplet-web-1.* created`, `firewall-web.* created`},
	},
	{
		run:  `kubectl wait cloudprovisioned --all --for=condition=InSync --timeout=60s`,
		want: []string{`droplet-web-1.* condition met`, `firewall-web.* condition met`},
	},
	{
		run:  `kubectl drift sync --wait && kubectl drift status`,
		want: []string{`production`},
	},
	{
		run:  `kubectl drift check --strict`,
		want: []string{`^InSync: .* none differs`},
	},
	{
		title: "Somebody resizes a droplet in the console, renames another, tags a third, and opens the database's port to the world",
		call:  &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"power_off"}`},
	},
	{call: &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"resize","size":"s-4vcpu-8gb"}`}},
	{call: &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"power_on"}`}},
	{call: &call{"POST", "/v2/droplets/{db-1}/actions", `{"type":"rename","name":"db-primary"}`}},
	{call: &call{"POST", "/v2/tags", `{"name":"debug"}`}},
	{call: &call{"POST", "/v2/tags/debug/resources", `{"resources":[{"resource_id":"{web-2}","resource_type":"droplet"}]}`}},
	{call: &call{"POST", "/v2/firewalls/{web}/rules", openPort}},
	{
		title: "dana looks again, without waiting for the hourly sync: exactly these four fields differ",
		run:   `kubectl drift sync --wait`,
		want:  []string{`production`},
	},
	{
		run: `kubectl get clouddrift`,
		want: []string{
			`droplet-web-1.* +size_slug +s-2vcpu-4gb +s-4vcpu-8gb +Open`,
			`droplet-db-1.* +name +db-1 +db-primary +Open`,
			`droplet-web-2.* +tags .* Open`,
			`firewall-web.* +inbound_rules\["tcp/5432"\] .* Open`,
		},
		rows: 4,
	},
	{
		run:  `kubectl drift show {inbound_rules["tcp/5432"]}`,
		want: []string{`5432`, `0\.0\.0\.0/0`},
	},
	{
		run:     `kubectl drift check`,
		refused: true,
		want:    []string{`size_slug`, `inbound_rules`},
	},
	{
		run:  `kubectl get events --field-selector reason=DriftDetected,involvedObject.kind=CloudProvisioned`,
		want: []string{`DriftDetected +cloudprovisioned/droplet-web-1`, `DriftDetected +cloudprovisioned/firewall-web`},
		rows: 4,
	},
	{
		title:   "sam may not touch drifts; kim may annotate them, and still not accept; dana may not pretend to be kim",
		run:     `kubectl --kubeconfig $DEMO/sam.kubeconfig annotate clouddrift {size_slug} drift.arcadia.cloud/resolve=accept`,
		refused: true,
		want:    []string{`Forbidden.*User "sam" cannot patch resource "clouddrifts"`},
	},
	{
		run:     `kubectl --kubeconfig $DEMO/kim.kubeconfig annotate clouddrift {size_slug} drift.arcadia.cloud/resolve=accept`,
		refused: true,
		want:    []string{`clouddrift-resolution`},
	},
	{
		run:     `kubectl annotate clouddrift {size_slug} drift.arcadia.cloud/resolve=accept drift.arcadia.cloud/resolved-by=kim`,
		refused: true,
		want:    []string{`clouddrift-resolution`},
	},
	{
		// The policies were applied moments ago, and nothing rests on them yet.
		run:  `kubectl wait cloudaccount/production --for=condition=Ready --timeout=90s`,
		want: []string{`condition met`},
	},
	{
		title: "The resize was meant, and so was the name: dana accepts one with an annotation, one with the plugin",
		run:   `kubectl annotate clouddrift {size_slug} drift.arcadia.cloud/resolve=accept`,
		want:  []string{`annotated`},
	},
	{
		run:  `kubectl wait clouddrift/{size_slug} --for=jsonpath='{.status.state}'=Accepted --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl drift accept {name} --reason 'it is the primary now' --yes --wait`,
		want: []string{`[Aa]ccepted`},
	},
	{
		title: "Git does not know yet. The old manifests are applied once more: nothing drifts, and the status says what Git has to say",
		run:   `kubectl --kubeconfig $DEMO/sam.kubeconfig apply -k $DEMO/infra`,
		want:  []string{`droplet-web-1.* configured`},
	},
	{
		run:  `kubectl wait cloudprovisioned/droplet-web-1-{web-1} --for=condition=AcceptancesPending --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl get cloudprovisioned droplet-web-1-{web-1} -o custom-columns='NAME:.metadata.name,DECLARED:.spec.desired.size_slug,IN SYNC:.status.conditions[?(@.type=="InSync")].status,BECAUSE:.status.conditions[?(@.type=="InSync")].message'`,
		want: []string{`s-2vcpu-4gb +True .*s-4vcpu-8gb`},
		rows: 1,
	},
	{
		run:  `kubectl drift export`,
		want: []string{`size_slug`, `db-primary`},
	},
	{
		title: "The plugin writes it into the manifests, and nothing else of them; applied, Git is the truth again",
		run:   `kubectl drift export --write $DEMO/infra --yes`,
		want:  []string{`^ +- .*s-2vcpu-4gb`, `^ +\+ .*s-4vcpu-8gb`, `^ +\+ .*db-primary`},
	},
	{
		run:  `kubectl --kubeconfig $DEMO/sam.kubeconfig apply -k $DEMO/infra`,
		want: []string{`droplet-web-1.* configured`},
	},
	{
		run:  `kubectl wait cloudprovisioned/droplet-web-1-{web-1} --for=jsonpath='{.status.fields[0].acceptance.git}'=Landed --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl drift history Droplet/{web-1}`,
		want: []string{`size_slug .* Accepted +Landed .* dana `},
		rows: 1,
	},
	{
		title: "The open port was not meant: somebody closes it in the console, and its drift goes stale. The tag can wait a week",
		call:  &call{"DELETE", "/v2/firewalls/{web}/rules", openPort},
	},
	{
		run:  `kubectl drift sync --wait`,
		want: []string{`production`},
	},
	{
		run:  `kubectl wait clouddrift/{inbound_rules["tcp/5432"]} --for=jsonpath='{.status.state}'=Stale --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl drift snooze {tags} --for 7d --reason 'debugging until Friday' --yes --wait`,
		want: []string{`tags: snoozed`},
	},
	{
		title: "The pipeline is green, and the history stays: what it was, what became of it, and who",
		run:   `kubectl drift check`,
		want:  []string{`^InSync: `},
	},
	{
		run: `kubectl get clouddrift -o wide`,
		want: []string{
			`droplet-web-1.* +size_slug +s-2vcpu-4gb +s-4vcpu-8gb +Accepted .* dana `,
			`firewall-web.* +inbound_rules\["tcp/5432"\] .* Stale .* system:clouddrift `,
		},
		rows: 4,
	},
	{
		run:     `kubectl --kubeconfig $DEMO/admin.kubeconfig patch clouddrift {size_slug} --subresource=status --type=merge -p '{"status":{"resolvedBy":"somebody else"}}'`,
		refused: true,
		want:    []string{`never changes again|operator`},
	},
}

// openPort is a rule that lets the world at the database.
const openPort = `{"inbound_rules":[{"protocol":"tcp","ports":"5432","sources":{"addresses":["0.0.0.0/0"]}}]}`
