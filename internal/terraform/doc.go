// Package terraform reads what Terraform and OpenTofu know of DigitalOcean resources: a state,
// or what "terraform show -json" says of a state or of a plan. It turns each resource of a
// known kind into DigitalOcean's own fields, by the other names in the kinds' tables. Values
// that are marked as sensitive are dropped where they are read, and no error holds a value.
// Everything in it is a pure function.
package terraform
