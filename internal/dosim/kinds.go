package dosim

// kind is one family of resources: the routes that serve it and, where it
// makes sense, how to seed many of it.
type kind struct {
	// name is what Seed and the control API call it.
	name   string
	routes []route
	// seed adds one plausible resource; n is another number each time in a team.
	// Nil for kinds that cannot be seeded.
	seed func(s *Server, t *team, n int)
}

// kinds is the one place where the kinds are registered.
func kinds() []kind {
	return []kind{
		dropletKind, dropletActionKind, volumeKind, vpcKind, firewallKind,
		tagKind, domainKind, domainRecordKind,
		accountKind, sshKeyKind, actionKind, catalogKind, imageKind,
		snapshotKind, projectKind, vpcPeeringKind, imageActionKind, oneClickKind,
		loadBalancerKind, reservedIPKind, cdnEndpointKind,
		kubernetesKind, kubernetesPoolKind,
		databaseKind, databaseFirewallKind, databaseUserKind, databaseDBKind, databaseConfigKind, databaseRecordKind, databaseReplicaKind,
	}
}
