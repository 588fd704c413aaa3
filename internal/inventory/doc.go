// Package inventory keeps the CloudResources of an account as DigitalOcean shows them: from
// the token in a Secret, by way of complete listings, to one object for each resource.
//
// It promises that each observation was true at the time that it bears, that no older one
// replaces a newer, and that a resource is recorded absent only when a complete listing does
// not hold it and asking for it by its id was answered 404. What could not be seen is never
// taken for gone, and what vanishes in great numbers waits for a person. It never compares
// anything with a declaration, never opens a drift, and never writes to DigitalOcean.
package inventory
