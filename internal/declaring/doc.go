// Package declaring keeps the declarations of a CloudProvisionedSet: one for each resource
// in a state of Terraform or OpenTofu, which are made, changed and removed with it. From a
// state that can't be read, or that somebody is writing, it concludes nothing. It writes as
// a tool does that applies from Git: by server-side apply, again and again, with a field
// manager of its own. What a state holds never gets into an error, an event or a log.
package declaring
