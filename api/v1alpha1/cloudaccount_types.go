package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SecretKeyReference names a key of a Secret in the same namespace.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// key within the Secret's data. Defaults to token.
	// +optional
	// +default="token"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// HistoryPolicy says how long resolved drifts are kept. A resolved drift is
// deleted only when it is both older than retainDays and not among the
// last retainEpisodes of its field.
type HistoryPolicy struct {
	// retainDays is for how many days after its resolution a drift is kept.
	// Defaults to 90.
	// +optional
	// +default=90
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=36500
	RetainDays *int32 `json:"retainDays,omitempty"`

	// retainEpisodes is how many of a field's latest drifts are kept whatever
	// their age. Defaults to 10.
	// +optional
	// +default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	RetainEpisodes *int32 `json:"retainEpisodes,omitempty"`
}

// CloudAccountSpec says which DigitalOcean account to look at, and when.
type CloudAccountSpec struct {
	// tokenSecretRef names the Secret that holds the DigitalOcean API token. A
	// token with read scopes is enough.
	// +required
	TokenSecretRef SecretKeyReference `json:"tokenSecretRef,omitzero"`

	// endpoint is the API's base URL, one of those that the operator was started
	// with (--allowed-endpoint). Defaults to https://api.digitalocean.com.
	// +optional
	// +default="https://api.digitalocean.com"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != ''",message="must be a URL, as https://api.digitalocean.com"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || url(self).getScheme() == 'https' || (url(self).getScheme() == 'http' && url(self).getHostname() in ['localhost', '127.0.0.1', '::1', '[::1]'])",message="must start with https://; plain http is for loopback addresses only, because it would show the token to the network"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="must not hold a user, a query or a fragment; the token belongs in the Secret"
	Endpoint string `json:"endpoint,omitempty"`

	// syncSchedule is when the inventory is refreshed, as a cron line of five
	// fields. Defaults to "15 * * * *", which each account follows with a delay of
	// its own of up to four minutes.
	// +optional
	// +default="15 * * * *"
	SyncSchedule CronLine `json:"syncSchedule,omitempty"`

	// detectionSchedule is when everything declared is compared with the inventory
	// once more, as a cron line of five fields. Changes are compared as they come;
	// this is the safety net. Defaults to "20 * * * *", with the same delay as
	// syncSchedule.
	// +optional
	// +default="20 * * * *"
	DetectionSchedule CronLine `json:"detectionSchedule,omitempty"`

	// timeZone is the IANA time zone that the schedules are read in. Defaults to
	// Etc/UTC.
	// +optional
	// +default="Etc/UTC"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self != 'Local' && !self.matches('^[+-]?[0-9]')",message="must be an IANA time zone name, as Europe/Berlin or Etc/UTC; Local and offsets depend on the machine or on the season"
	// +kubebuilder:validation:XValidation:rule="self == 'Local' || self.matches('^[+-]?[0-9]') || timestamp('2000-01-01T00:00:00Z').getHours(self) >= 0",message="must be an IANA time zone name, as Europe/Berlin or Etc/UTC"
	TimeZone string `json:"timeZone,omitempty"`

	// maxNewDriftsPerMinute bounds how many drifts may open in a minute; what is
	// beyond it opens in the minutes after, and the condition DriftsWithheld says
	// so meanwhile. Defaults to 600.
	// +optional
	// +default=600
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	MaxNewDriftsPerMinute *int32 `json:"maxNewDriftsPerMinute,omitempty"`

	// history says how long resolved drifts are kept.
	// +optional
	// +default={}
	History HistoryPolicy `json:"history,omitzero"`

	// ignore says what is not compared, whoever declares it, beside what a
	// CloudProvisioned ignores itself.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Ignore []IgnoreRule `json:"ignore,omitempty"`
}

// IgnoreRule names fields of a kind that are not compared.
type IgnoreRule struct {
	// kind is DigitalOcean's kind, as in Droplet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`

	// fields are the paths that are not compared, as backup_policy.hour or
	// tags["k8s:*"]: in a key in brackets, * stands for any text.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	Fields []string `json:"fields,omitempty"`

	// reason is why, for whoever reads the rule.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`
}

// CronLine is a cron line of five fields (minute, hour, day of month, month, day
// of week) or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and
// @annually. The time zone has a field of its own.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=100
// +kubebuilder:validation:XValidation:rule="!self.contains('TZ=')",message="must not hold a time zone; set spec.timeZone"
// +kubebuilder:validation:XValidation:rule="self.startsWith('@') ? self in ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'] : (self.contains('TZ=') || self.matches('^[^ ]+( [^ ]+){4}$'))",message="must be five fields with one space between them (minute, hour, day of month, month, day of week), as \"15 * * * *\", or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^ @]+( [^ ]+){4}$') || self.contains('TZ=') || self.split(' ')[0].matches('^([*?]|[0-5]?[0-9](-[0-5]?[0-9])?)(/[1-9][0-9]?)?(,([*?]|[0-5]?[0-9](-[0-5]?[0-9])?)(/[1-9][0-9]?)?)*$')",message="minute, the first field, must be made of numbers from 0 to 59, ranges, lists and steps, as 15, 0-30, 0,30 or */10"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^ @]+( [^ ]+){4}$') || self.contains('TZ=') || self.split(' ')[1].matches('^([*?]|([01]?[0-9]|2[0-3])(-([01]?[0-9]|2[0-3]))?)(/[1-9][0-9]?)?(,([*?]|([01]?[0-9]|2[0-3])(-([01]?[0-9]|2[0-3]))?)(/[1-9][0-9]?)?)*$')",message="hour, the second field, must be made of numbers from 0 to 23, ranges, lists and steps"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^ @]+( [^ ]+){4}$') || self.contains('TZ=') || self.split(' ')[2].matches('^([*?]|(0?[1-9]|[12][0-9]|3[01])(-(0?[1-9]|[12][0-9]|3[01]))?)(/[1-9][0-9]?)?(,([*?]|(0?[1-9]|[12][0-9]|3[01])(-(0?[1-9]|[12][0-9]|3[01]))?)(/[1-9][0-9]?)?)*$')",message="day of month, the third field, must be made of numbers from 1 to 31, ranges, lists and steps"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^ @]+( [^ ]+){4}$') || self.contains('TZ=') || self.split(' ')[3].lowerAscii().matches('^([*?]|(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(-(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))?)(/[1-9][0-9]?)?(,([*?]|(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(-(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))?)(/[1-9][0-9]?)?)*$')",message="month, the fourth field, must be made of numbers from 1 to 12 or names from jan to dec, ranges, lists and steps"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^ @]+( [^ ]+){4}$') || self.contains('TZ=') || self.split(' ')[4].lowerAscii().matches('^([*?]|([0-6]|sun|mon|tue|wed|thu|fri|sat)(-([0-6]|sun|mon|tue|wed|thu|fri|sat))?)(/[1-9][0-9]?)?(,([*?]|([0-6]|sun|mon|tue|wed|thu|fri|sat)(-([0-6]|sun|mon|tue|wed|thu|fri|sat))?)(/[1-9][0-9]?)?)*$')",message="day of week, the fifth field, must be made of numbers from 0 (Sunday) to 6 or names from sun to sat, ranges, lists and steps"
type CronLine string

// RateLimitStatus is what DigitalOcean last said of the token's hourly budget.
type RateLimitStatus struct {
	// limit is the number of requests allowed an hour.
	// +optional
	Limit *int32 `json:"limit,omitempty"`

	// remaining is the number of requests left.
	// +optional
	Remaining *int32 `json:"remaining,omitempty"`

	// resetAt is when the oldest counted request expires.
	// +optional
	ResetAt *metav1.Time `json:"resetAt,omitempty"`
}

// MostBehindParents is how many behindParents a KindStatus names.
const MostBehindParents = 32

// BehindParent is a parent whose children could not be listed.
type BehindParent struct {
	// id is the parent's, as in example.com.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`

	// observedAt is when the last complete listing of its children was asked for. Absent:
	// never was one complete.
	// +optional
	ObservedAt *metav1.Time `json:"observedAt,omitempty"`

	// missedSyncs is how many syncs in a row, scheduled or asked for, brought no complete
	// listing of its children.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MissedSyncs int32 `json:"missedSyncs,omitempty"`
}

// KindStatus is how well one kind of the inventory is known.
type KindStatus struct {
	// kind is DigitalOcean's kind, as in Droplet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// observedAt is when the last complete listing was asked for. Absent: never
	// was one complete, and nothing is known of this kind.
	// +optional
	ObservedAt *metav1.Time `json:"observedAt,omitempty"`

	// fieldTable is a hash of the table of fields that the last attempt was made with. An
	// operator that knows other fields syncs at once.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	FieldTable string `json:"fieldTable,omitempty"`

	// missedSyncs is how many syncs in a row, scheduled or asked for, brought no complete
	// listing of this kind.
	// +optional
	// +kubebuilder:validation:Minimum=0
	MissedSyncs int32 `json:"missedSyncs,omitempty"`

	// recordedAt is when everything that the last complete listing showed had been
	// recorded. A reference by name is bound only to what was observed until then.
	// +optional
	RecordedAt *metav1.MicroTime `json:"recordedAt,omitempty"`

	// reason says why the last attempt gave no complete listing, or what of it waits
	// for a person (FixMassDisappearance). Absent: all is well.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason,omitempty"`

	// message says what happened at the last attempt, where reason is set.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// confirmationToken is what to annotate the account with, as
	// drift.arcadia.cloud/confirm-disappearance, to confirm a FixMassDisappearance.
	// It stands for exactly the resources that were missing.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	ConfirmationToken string `json:"confirmationToken,omitempty"`

	// behindSince is when the first of the attempts that failed in a row was made.
	// +optional
	BehindSince *metav1.Time `json:"behindSince,omitempty"`

	// behindParents are the parents whose children the latest sync could not list, where each
	// parent's are listed by themselves, as the records of a domain. Then behindSince,
	// reason and message concern these alone, and what the other parents have was listed at
	// othersObservedAt. Empty although behindSince is set: the whole kind is behind, or more
	// of its parents than can be named.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=32
	BehindParents []BehindParent `json:"behindParents,omitempty"`

	// othersObservedAt is when the latest listings of the parents that are not behind were
	// asked for. It is set together with behindParents.
	// +optional
	OthersObservedAt *metav1.Time `json:"othersObservedAt,omitempty"`

	// resources is how many the last complete listing showed.
	// +optional
	Resources *int32 `json:"resources,omitempty"`

	// managed is how many of them a CloudProvisioned declares.
	// +optional
	Managed *int32 `json:"managed,omitempty"`

	// unmanaged is how many of them nobody declares.
	// +optional
	Unmanaged *int32 `json:"unmanaged,omitempty"`

	// owned is how many more nobody declares because something else looks after them, as
	// Kubernetes after its nodes.
	// +optional
	Owned *int32 `json:"owned,omitempty"`

	// openDrifts is how many drifts of this kind were open after the last
	// detection.
	// +optional
	OpenDrifts *int32 `json:"openDrifts,omitempty"`

	// ignored is how many more there would be, were nothing ignored. Absent where nothing
	// is.
	// +optional
	Ignored *int32 `json:"ignored,omitempty"`
}

// CloudAccountStatus is the account's health.
type CloudAccountStatus struct {
	// conditions are Ready, Synced and DriftsWithheld, and IgnoreRulesMatch where
	// there are rules; beside them Stalled and Reconciling while they apply.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the status speaks of; -1 until the operator has
	// looked at the object, so that nothing takes a new object for one that is ready.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// teamUUID is the DigitalOcean team that the first working token belonged to. A
	// token of another team is refused. To move to another team, make a new
	// CloudAccount.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	TeamUUID string `json:"teamUUID,omitempty"`

	// teamName is that team's name.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	TeamName string `json:"teamName,omitempty"`

	// lastSyncTime is when the last sync began.
	// +optional
	LastSyncTime *metav1.Time `json:"lastSyncTime,omitempty"`

	// lastSyncSeconds is how long it took, rounded up.
	// +optional
	// +kubebuilder:validation:Minimum=0
	LastSyncSeconds *int32 `json:"lastSyncSeconds,omitempty"`

	// nextSyncTime is when the next one is due.
	// +optional
	NextSyncTime *metav1.Time `json:"nextSyncTime,omitempty"`

	// lastDetectionTime is when everything declared was last compared with the
	// inventory.
	// +optional
	LastDetectionTime *metav1.Time `json:"lastDetectionTime,omitempty"`

	// lastHandledSyncRequest is the value of the annotation
	// drift.arcadia.cloud/sync that was answered last.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledSyncRequest string `json:"lastHandledSyncRequest,omitempty"`

	// rateLimit is what is left of the token's budget.
	// +optional
	RateLimit RateLimitStatus `json:"rateLimit,omitzero"`

	// resources is how many live resources the inventory holds.
	// +optional
	Resources *int32 `json:"resources,omitempty"`

	// managed is how many of them a CloudProvisioned declares.
	// +optional
	Managed *int32 `json:"managed,omitempty"`

	// unmanaged is how many of them nobody declares.
	// +optional
	Unmanaged *int32 `json:"unmanaged,omitempty"`

	// owned is how many more nobody declares because something else looks after them.
	// +optional
	Owned *int32 `json:"owned,omitempty"`

	// coverage is managed of those that nothing else looks after, as "12 of 340 (3%)".
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Coverage string `json:"coverage,omitempty"`

	// openDrifts is how many drifts were open after the last detection.
	// +optional
	OpenDrifts *int32 `json:"openDrifts,omitempty"`

	// ignored is how many more there would be, were nothing ignored. Absent where nothing
	// is.
	// +optional
	Ignored *int32 `json:"ignored,omitempty"`

	// pendingAcceptances is how many accepted values stood in for declared ones after
	// the last detection, because their manifests did not say them yet.
	// +optional
	PendingAcceptances *int32 `json:"pendingAcceptances,omitempty"`

	// kinds is how well each kind is known.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +kubebuilder:validation:MaxItems=128
	Kinds []KindStatus `json:"kinds,omitempty"`
}

// CloudAccount is one DigitalOcean API token: where it is, and when to look.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cacc,categories=clouddrift-all
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Synced",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].status`
// +kubebuilder:printcolumn:name="Last Sync",type=date,JSONPath=`.status.lastSyncTime`
// +kubebuilder:printcolumn:name="Coverage",type=string,JSONPath=`.status.coverage`
// +kubebuilder:printcolumn:name="Open",type=integer,JSONPath=`.status.openDrifts`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Team",type=string,priority=1,JSONPath=`.status.teamName`
// +kubebuilder:printcolumn:name="API Left",type=integer,priority=1,JSONPath=`.status.rateLimit.remaining`
// +kubebuilder:printcolumn:name="Endpoint",type=string,priority=1,JSONPath=`.spec.endpoint`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must be at most 63 characters, because it becomes a label"
type CloudAccount struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is which account to look at, and when.
	// +required
	Spec CloudAccountSpec `json:"spec,omitzero"`

	// status is the account's health.
	// +optional
	// +default={"observedGeneration":-1}
	// +structType=atomic
	Status CloudAccountStatus `json:"status,omitzero"`
}

// CloudAccountList is a list of CloudAccounts.
// +kubebuilder:object:root=true
type CloudAccountList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CloudAccount `json:"items"`
}
