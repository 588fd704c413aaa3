package dosim_test

import (
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
)

// walkCDN asks for an endpoint, changes and deletes it.
func (w walker) walkCDN() {
	GinkgoHelper()
	const all = "/v2/cdn/endpoints"
	certified := object{"custom_domain": "static.example.com", "certificate_id": "892071a0-bb95-49bc-8021-3afd67a210bf"}
	id := w.create(http.StatusCreated, all, "endpoint", object{"origin": "static.nyc3.digitaloceanspaces.com", "ttl": 600})
	at := fmt.Sprintf("%s/%v", all, id)
	w.do(http.StatusConflict, "POST", all, object{"origin": "static.nyc3.digitaloceanspaces.com"})
	w.do(http.StatusUnprocessableEntity, "POST", all, object{"origin": "static.example.com"})
	w.do(http.StatusOK, "PUT", at, certified)
	w.create(http.StatusCreated, all, "endpoint", object{"origin": "other.nyc3.digitaloceanspaces.com", "custom_domain": "s.example.com", "certificate_id": certified["certificate_id"]})
	w.do(http.StatusUnprocessableEntity, "PUT", at, object{"ttl": 61})
	w.do(http.StatusUnprocessableEntity, "PUT", at, object{"certificate_id": ""})
	w.get(at)
	w.get(all + "?per_page=10")
	w.do(http.StatusNoContent, "DELETE", at+"/cache", object{"files": []string{"*"}})
	w.do(http.StatusUnprocessableEntity, "DELETE", at+"/cache", object{"files": []string{}})
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}
