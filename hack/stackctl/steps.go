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

// steps are the demo: the operator's main job, from an empty control plane to an
// inbox that was worked off.
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
		// Ready is Unknown for the half minute in which nobody relies on the policies yet.
		run:  `kubectl get cloudaccount`,
		want: []string{`^production +(True|Unknown) +True `},
		rows: 1,
	},
	{
		run: `kubectl get cloudresources -o custom-columns=KIND:.spec.kind,ID:.spec.id,NAME:.observed.name,REGION:.observed.region,SIZE:.observed.size_slug`,
		want: []string{
			`^Droplet +\d+ +web-1 +nyc3 +s-2vcpu-4gb`, `^Firewall .* web `, `^Volume .* db-data `, `^Domain +example.com `, `^VPC .* production `, `^Tag +prod `,
		},
	},
	{
		title: "dana declares what should be; it is so",
		run:   `kubectl apply -f hack/demo/declared.yaml`,
		want:  []string{`web-1 created`, `web-firewall created`},
	},
	{
		run:  `kubectl wait cloudprovisioned --all --for=condition=InSync --timeout=60s`,
		want: []string{`web-1 condition met`, `web-firewall condition met`},
	},
	{
		run:  `kubectl get cloudprovisioned`,
		want: []string{`^web-1 +Droplet +\d+ +True +True +0 `, `^web-firewall +Firewall +\S+ +True +True +0 `},
		rows: 5,
	},
	{
		run:  `kubectl get clouddrift`,
		want: []string{`No resources found`},
	},
	{
		title: "Somebody resizes a droplet in the console, and opens the database's port to the world",
		call:  &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"power_off"}`},
	},
	{call: &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"resize","size":"s-4vcpu-8gb"}`}},
	{call: &call{"POST", "/v2/droplets/{web-1}/actions", `{"type":"power_on"}`}},
	{call: &call{"POST", "/v2/firewalls/{web}/rules", openPort}},
	{
		title: "dana looks again, without waiting for the hourly sync: exactly these two fields differ",
		run:   `kubectl annotate cloudaccount production drift.arcadia.cloud/sync=after-the-changes`,
		want:  []string{`annotated`},
	},
	{
		run:  `kubectl wait cloudaccount/production --for=jsonpath='{.status.lastHandledSyncRequest}'=after-the-changes --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run: `kubectl get clouddrift`,
		want: []string{
			`web-1 +size_slug +s-2vcpu-4gb +s-4vcpu-8gb +Open`,
			`web-firewall +inbound_rules\["tcp/5432"\] .* Open`,
		},
		rows: 2,
	},
	{
		run:  `kubectl get cloudprovisioned`,
		want: []string{`^web-1 .* False +1 `, `^web-2 .* True +0 `, `^web-firewall .* False +1 `},
		rows: 5,
	},
	{
		run:  `kubectl get events --field-selector reason=DriftDetected,involvedObject.kind=CloudProvisioned`,
		want: []string{`DriftDetected +cloudprovisioned/web-1 `, `DriftDetected +cloudprovisioned/web-firewall `},
		rows: 2,
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
		title: "The resize was meant: dana accepts it, and the live value becomes the desired one",
		run:   `kubectl annotate clouddrift {size_slug} drift.arcadia.cloud/resolve=accept`,
		want:  []string{`annotated`},
	},
	{
		run:  `kubectl wait clouddrift/{size_slug} --for=jsonpath='{.status.state}'=Accepted --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl wait cloudprovisioned/web-1 --for=condition=InSync --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl get cloudprovisioned web-1 -o custom-columns=NAME:.metadata.name,DESIRED:.spec.desired.size_slug,SPECVERSION:.status.specVersion`,
		want: []string{`^web-1 +s-4vcpu-8gb +2$`},
		rows: 1,
	},
	{
		title: "The open port was not: somebody closes it in the console, and its drift goes stale",
		call:  &call{"DELETE", "/v2/firewalls/{web}/rules", openPort},
	},
	{
		run:  `kubectl annotate cloudaccount production drift.arcadia.cloud/sync=after-the-fix --overwrite`,
		want: []string{`annotated`},
	},
	{
		run:  `kubectl wait clouddrift/{inbound_rules["tcp/5432"]} --for=jsonpath='{.status.state}'=Stale --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		run:  `kubectl wait cloudaccount/production --for=jsonpath='{.status.lastHandledSyncRequest}'=after-the-fix --timeout=60s`,
		want: []string{`condition met`},
	},
	{
		title: "The inbox is empty, and the history stays: what it was, what became of it, and who",
		run:   `kubectl get clouddrift --field-selector status.state=Open`,
		want:  []string{`No resources found`},
	},
	{
		run: `kubectl get clouddrift -o wide`,
		want: []string{
			`web-1 +size_slug +s-2vcpu-4gb +s-4vcpu-8gb +Accepted .* dana `,
			`web-firewall +inbound_rules\["tcp/5432"\] .* Stale .* system:clouddrift `,
		},
		rows: 2,
	},
	{
		run:     `kubectl --kubeconfig $DEMO/admin.kubeconfig patch clouddrift {size_slug} --subresource=status --type=merge -p '{"status":{"resolvedBy":"somebody else"}}'`,
		refused: true,
		want:    []string{`never changes again|operator`},
	},
}

// openPort is a rule that lets the world at the database.
const openPort = `{"inbound_rules":[{"protocol":"tcp","ports":"5432","sources":{"addresses":["0.0.0.0/0"]}}]}`
