package dosim_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("SSH keys", func() {
	DescribeTable("are public keys of OpenSSH",
		func(key string, status int) {
			got, _ := newWorld().call("POST", "/v2/account/keys", object{"name": "laptop", "public_key": key})
			Expect(got).To(Equal(status))
		},
		Entry("with a comment", publicKey, http.StatusCreated),
		Entry("without a comment", "ecdsa-sha2-nistp256 Zm9v", http.StatusCreated),
		Entry("of no known type", "foo Zm9v", http.StatusUnprocessableEntity),
		Entry("of half a line", "ssh-ed25519", http.StatusUnprocessableEntity),
		Entry("that are no base64", "ssh-ed25519 ?", http.StatusUnprocessableEntity),
	)
})

var _ = Describe("the catalog", func() {
	It("has the images that DigitalOcean's examples are of", func() {
		w := walker{newWorld()}
		for _, slug := range []string{"ubuntu-16-04-x64", "ubuntu-20-04-x64"} {
			w.get("/v2/images/" + slug)
		}
	})
})
