package v1alpha1

// Condition types of a CloudAccount.
const (
	// ConditionReady: the account can be worked with (credentials, endpoint,
	// schedules, admission policies). On a CloudProvisioned: its declaration is
	// understood and bound to exactly one resource.
	ConditionReady = "Ready"
	// ConditionSynced: the last sync saw every kind completely.
	ConditionSynced = "Synced"
	// ConditionDriftsWithheld: more differences were found than may open in a
	// minute; the rest opens in the minutes after.
	ConditionDriftsWithheld = "DriftsWithheld"
	// ConditionIgnoreRulesMatch: each of the account's ignore rules is about something that
	// is declared. It is there only where there are rules.
	ConditionIgnoreRulesMatch = "IgnoreRulesMatch"
)

// Conditions by which tools that know kstatus tell how an object is (kubectl wait,
// Flux, Argo CD). Both are there only while they are True.
const (
	// ConditionStalled: nothing goes on until a person acts. Its reason is that of
	// the condition that says so, and starts with Fix.
	ConditionStalled = "Stalled"
	// ConditionReconciling: a generation is being worked on, or something is awaited
	// that comes by itself.
	ConditionReconciling = "Reconciling"
)

// ConditionInSync of a CloudProvisioned: every declared field was compared with
// its live value, and none differs. Unknown says that nobody can tell, and why.
const ConditionInSync = "InSync"

// ConditionAcceptancesPending of a CloudProvisioned: accepted values stand in for declared
// ones that the manifest has yet to say. It is there only while it is True, and means no
// harm: nothing waits for it.
const ConditionAcceptancesPending = "AcceptancesPending"

// Reasons of a CloudAccount's conditions. A reason that starts with Fix needs a
// person; the others heal by themselves.
const (
	// ReasonSynced: all is well.
	ReasonSynced = "Synced"
	// ReasonReady: all is well.
	ReasonReady = "Ready"
	// ReasonAwaitingSync: no sync has ended yet.
	ReasonAwaitingSync = "AwaitingSync"
	// ReasonFixSecret: the Secret or its key is missing, or may not be read.
	ReasonFixSecret = "FixSecret"
	// ReasonFixCredentials: the token was refused, or belongs to another team.
	ReasonFixCredentials = "FixCredentials"
	// ReasonFixEndpoint: the endpoint is not among those that the operator allows.
	ReasonFixEndpoint = "FixEndpoint"
	// ReasonFixSchedule: a schedule never comes due or can't be read.
	ReasonFixSchedule = "FixSchedule"
	// ReasonFixAdmission: the admission policies that prove who approves are not in
	// place; nothing is resolved until they are.
	ReasonFixAdmission = "FixAdmission"
	// ReasonAwaitingAdmission: the admission policies were changed just now; nothing is
	// resolved until every API server enforces them.
	ReasonAwaitingAdmission = "AwaitingAdmission"
	// ReasonFixCRDs: the CRDs are older than the operator, or one of them is gone.
	ReasonFixCRDs = "FixCRDs"
	// ReasonFixScopes: the token may not list this kind.
	ReasonFixScopes = "FixScopes"
	// ReasonFixMassDisappearance: so much of a kind vanished at once that a person
	// has to confirm it.
	ReasonFixMassDisappearance = "FixMassDisappearance"
	// ReasonUnreachable: the endpoint did not answer.
	ReasonUnreachable = "Unreachable"
	// ReasonThrottled: the rate limit is used up.
	ReasonThrottled = "Throttled"
	// ReasonServerError: DigitalOcean answered with a server error.
	ReasonServerError = "ServerError"
	// ReasonIncomplete: the pages of a listing did not add up.
	ReasonIncomplete = "Incomplete"
	// ReasonMalformed: an answer could not be read.
	ReasonMalformed = "Malformed"
	// ReasonRefused: DigitalOcean refused a request for a reason of its own.
	ReasonRefused = "Refused"
	// ReasonFixRefusedWrite: the API server refused to store what was found of a kind:
	// a quota, a policy, a role, or more than a CloudResource may hold.
	ReasonFixRefusedWrite = "FixRefusedWrite"
	// ReasonWriteFailed: what was found of a kind could not be stored.
	ReasonWriteFailed = "WriteFailed"
	// ReasonKindsBehind: some kinds could not be listed completely; status.kinds
	// says which and why.
	ReasonKindsBehind = "KindsBehind"
	// ReasonWithinLimit: every difference found has its drift.
	ReasonWithinLimit = "WithinLimit"
	// ReasonLimitReached: more differences than maxNewDriftsPerMinute.
	ReasonLimitReached = "LimitReached"
	// ReasonFixIgnoreRules: an ignore rule names a kind that is not known, or a field that
	// the kind does not have. The others are followed.
	ReasonFixIgnoreRules = "FixIgnoreRules"
	// ReasonRulesMatch: every ignore rule is about something that is declared.
	ReasonRulesMatch = "RulesMatch"
	// ReasonRuleMatchesNothing: an ignore rule is about nothing that is declared.
	ReasonRuleMatchesNothing = "RuleMatchesNothing"
	// ReasonNotAllCompared: an ignore rule was about nothing so far, and not everything
	// that is declared of its kind could be compared.
	ReasonNotAllCompared = "NotAllCompared"
)

// Reasons of a CloudProvisioned's conditions.
const (
	// ReasonBound: bound to exactly one live resource.
	ReasonBound = "Bound"
	// ReasonFixAccountRef: there is no such CloudAccount in the namespace.
	ReasonFixAccountRef = "FixAccountRef"
	// ReasonFixKind: no such kind is known.
	ReasonFixKind = "FixKind"
	// ReasonFixTooLarge: the declaration is larger, or deeper, than one may be, and is
	// not looked at.
	ReasonFixTooLarge = "FixTooLarge"
	// ReasonFixReference: the id has not the form that the kind's ids have.
	ReasonFixReference = "FixReference"
	// ReasonFixFieldNames: desired or ignore names fields that the kind does not
	// have, or a value can't be what its field holds. The others are compared all the same.
	ReasonFixFieldNames = "FixFieldNames"
	// ReasonFixAmbiguousName: several live resources have this name.
	ReasonFixAmbiguousName = "FixAmbiguousName"
	// ReasonFixDuplicate: an older CloudProvisioned declares the same resource.
	ReasonFixDuplicate = "FixDuplicate"
	// ReasonResourceNotFound: a complete inventory holds nothing of this name.
	ReasonResourceNotFound = "ResourceNotFound"
	// ReasonAwaitingInventory: the inventory does not hold this kind, or not yet
	// this resource.
	ReasonAwaitingInventory = "AwaitingInventory"
	// ReasonInSync: every declared field was compared, and none differs.
	ReasonInSync = "InSync"
	// ReasonDrifted: at least one field differs.
	ReasonDrifted = "Drifted"
	// ReasonResourceMissing: the live resource was proven gone.
	ReasonResourceMissing = "ResourceMissing"
	// ReasonInventoryStale: three syncs of this kind were missed.
	ReasonInventoryStale = "InventoryStale"
	// ReasonFixFieldsUnseen: some declared fields are hidden from the token.
	ReasonFixFieldsUnseen = "FixFieldsUnseen"
	// ReasonNotReady: see the condition Ready.
	ReasonNotReady = "NotReady"
	// ReasonNotInManifest: the manifest does not say an accepted value yet.
	ReasonNotInManifest = "NotInManifest"
)

// Reasons of a CloudProvisionedSet's conditions.
const (
	// ReasonDeclared: there is a CloudProvisioned for each resource that can be declared.
	ReasonDeclared = "Declared"
	// ReasonAwaitingState: no state has been read yet.
	ReasonAwaitingState = "AwaitingState"
	// ReasonAwaitingUnlock: somebody holds the state's lock, so that it may be half written.
	ReasonAwaitingUnlock = "AwaitingUnlock"
	// ReasonFixState: what was read is no state that can be understood.
	ReasonFixState = "FixState"
	// ReasonFixStateURL: the URL is not among those that the operator allows, or is none.
	ReasonFixStateURL = "FixStateURL"
	// ReasonFixNames: a CloudProvisioned of somebody else's has a name that the set needs.
	ReasonFixNames = "FixNames"
)

// Reasons of events. Each marks a transition.
const (
	// EventDriftDetected: a field began to differ.
	EventDriftDetected = "DriftDetected"
	// EventDriftStale: a difference went away without us.
	EventDriftStale = "DriftStale"
	// EventDriftAccepted: the live value became the desired one.
	EventDriftAccepted = "DriftAccepted"
	// EventAcceptanceEnded: an accepted value no longer stands in for the declared one.
	EventAcceptanceEnded = "AcceptanceEnded"
	// EventAcceptanceWithdrawn: somebody took back what was accepted.
	EventAcceptanceWithdrawn = "AcceptanceWithdrawn"
	// EventApprovalOutdated: the values moved since the approval; look again.
	EventApprovalOutdated = "ApprovalOutdated"
	// EventApprovalRefused: what was asked for can't be done, and why.
	EventApprovalRefused = "ApprovalRefused"
	// EventDriftSnoozed: a drift does not count as open until a time.
	EventDriftSnoozed = "DriftSnoozed"
	// EventSnoozeEnded: a drift counts as open again.
	EventSnoozeEnded = "SnoozeEnded"
	// EventSnoozeRefused: a snooze was taken off, and why.
	EventSnoozeRefused = "SnoozeRefused"
	// EventRebound: a reference by name was bound to another resource.
	EventRebound = "Rebound"
	// EventSecretDeclared: a secret stands in a desired state, in the clear.
	EventSecretDeclared = "SecretDeclared"
	// EventResourceMissing: a resource was proven gone.
	EventResourceMissing = "ResourceMissing"
	// EventResourceReturned: a resource that was gone is there again.
	EventResourceReturned = "ResourceReturned"
	// EventResourceUnmanaged: a resource appeared that nobody declares.
	EventResourceUnmanaged = "ResourceUnmanaged"
	// EventResourceChanged: a sync found new values.
	EventResourceChanged = "ResourceChanged"
)

// OperatorUser is who resolved a drift that went stale.
const OperatorUser = "system:clouddrift"
