// Package resolution does what people ask for on a CloudDrift. It makes sure that an
// approval is proven by the admission policies, and carries an accept out: the actual value
// becomes the desired one. A revert would be its sibling.
//
// It promises that an approval is neither lost nor carried out twice, wherever the process
// ends, and that what nobody has proven to be approved, or what was approved for other
// values, changes nothing. It never finds or closes a drift for another reason, and never
// writes to DigitalOcean.
package resolution
