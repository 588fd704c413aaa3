package dosim_test

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func (w walker) walkDatabases() {
	GinkgoHelper()
	w.get("/v2/databases/options")
	Expect(w.Seed("DatabaseCluster", 1)).To(Succeed())
	seeded := w.get("/v2/databases")["databases"].([]any)[0].(object)
	w.get(fmt.Sprintf("/v2/databases/%v", seeded["id"]))
	request := object{
		"name": "shop", "engine": "pg", "version": "15", "size": "db-s-1vcpu-2gb", "num_nodes": 2, "region": "nyc3", "tags": []string{"shop"},
		"rules": []object{{"type": "ip_addr", "value": "192.0.2.1", "description": "the office"}},
	}
	id := w.create(http.StatusCreated, "/v2/databases", "database", request)
	at := fmt.Sprintf("/v2/databases/%v", id)
	w.do(http.StatusUnprocessableEntity, "POST", "/v2/databases", request)
	w.do(http.StatusPreconditionFailed, "PUT", at+"/resize", object{"size": "db-s-2vcpu-4gb", "num_nodes": 2})
	search := w.create(http.StatusCreated, "/v2/databases", "database", object{
		"name": "search", "engine": "opensearch", "size": "db-s-1vcpu-2gb", "num_nodes": 1, "region": "nyc3",
	})
	w.settle()
	w.get("/v2/databases?tag_name=shop")
	w.get(at)
	w.get(fmt.Sprintf("/v2/databases/%v", search))
	w.do(http.StatusAccepted, "PUT", at+"/resize", object{"size": "db-s-2vcpu-4gb", "num_nodes": 2, "storage_size_mib": 81920})
	w.settle()
	w.do(http.StatusAccepted, "PUT", at+"/migrate", object{"region": "ams3"})
	w.settle()
	w.do(http.StatusNoContent, "PUT", at+"/upgrade", object{"version": "16"})
	w.do(http.StatusNoContent, "PUT", at+"/maintenance", object{"day": "tuesday", "hour": "14:00"})
	w.do(http.StatusNoContent, "PUT", at+"/install_update", nil)
	w.do(http.StatusNoContent, "PUT", at+"/autoscale", object{"storage": object{"enabled": true, "threshold_percent": 80, "increment_gib": 10}})
	w.get(at + "/autoscale")
	w.do(http.StatusNoContent, "PUT", at+"/do_settings", object{"do_settings": object{"service_cnames": []string{"db.example.com"}}})
	w.do(http.StatusUnprocessableEntity, "PUT", at+"/do_settings", object{"do_settings": object{"service_cnames": []string{"nothing"}}})
	w.get(at + "/do_settings")
	w.do(http.StatusNoContent, "PUT", at+"/firewall", object{"rules": []object{{"type": "tag", "value": "shop", "description": "the shop"}}})
	w.get(at + "/firewall")
	w.walkReplicas(at)
	w.walkDatabaseContents(at)
	w.clock.Advance(time.Hour)
	w.get("/v2/databases?page=2&per_page=1")
	w.get(at + "/backups")
	w.get(at + "/events")
	w.get(at + "/ca")
	w.do(http.StatusNoContent, "DELETE", at, nil)
	w.do(http.StatusNotFound, "GET", at, nil)
}

func (w walker) walkReplicas(at string) {
	GinkgoHelper()
	w.do(http.StatusCreated, "POST", at+"/replicas", object{"name": "read-1", "size": "db-s-2vcpu-4gb", "tags": []string{"shop"}})
	w.do(http.StatusCreated, "POST", at+"/replicas", object{"name": "read-2", "size": "db-s-2vcpu-4gb", "region": "nyc3"})
	w.do(http.StatusUnprocessableEntity, "POST", at+"/replicas", object{"name": "read-3", "size": "db-s-1vcpu-1gb"})
	w.settle()
	w.get(at + "/replicas")
	w.get(at + "/replicas/read-1")
	w.do(http.StatusNoContent, "PUT", at+"/replicas/read-1/promote", nil)
	w.do(http.StatusNotFound, "GET", at+"/replicas/read-1", nil)
	w.do(http.StatusNoContent, "DELETE", at+"/replicas/read-2", nil)
}

// walkDatabaseContents asks for what is in a cluster of PostgreSQL, and of
// other engines for what only those have.
func (w walker) walkDatabaseContents(at string) {
	GinkgoHelper()
	w.do(http.StatusCreated, "POST", at+"/users", object{"name": "app", "settings": object{"pg_allow_replication": true}})
	w.do(http.StatusConflict, "POST", at+"/users", object{"name": "app"})
	w.get(at + "/users")
	w.get(at + "/users/app")
	w.get(at)
	w.do(http.StatusCreated, "PUT", at+"/users/app", object{"settings": object{"pg_allow_replication": false}})
	w.do(http.StatusOK, "POST", at+"/users/app/reset_auth", object{})
	w.do(http.StatusCreated, "POST", at+"/dbs", object{"name": "orders"})
	w.get(at + "/dbs")
	w.get(at + "/dbs/orders")
	pool := object{"name": "orders-pool", "mode": "session", "size": 10, "db": "orders", "user": "app"}
	w.do(http.StatusCreated, "POST", at+"/pools", pool)
	w.get(at + "/pools")
	w.get(at + "/pools/orders-pool")
	w.do(http.StatusNoContent, "PUT", at+"/pools/orders-pool", object{"mode": "transaction", "size": 12, "db": "orders"})
	w.do(http.StatusNoContent, "DELETE", at+"/pools/orders-pool", nil)
	w.do(http.StatusNoContent, "DELETE", at+"/dbs/orders", nil)
	w.do(http.StatusNoContent, "DELETE", at+"/users/app", nil)
	w.do(http.StatusNotFound, "GET", at+"/users/app", nil)
	w.get(at + "/config")
	w.do(http.StatusOK, "PATCH", at+"/config", object{"config": object{"timezone": "Europe/Vienna"}})

	others := map[string]string{}
	for _, engine := range []string{"mysql", "valkey", "kafka", "mongodb"} {
		size, nodes := "db-s-2vcpu-4gb", 1
		if engine == "kafka" {
			nodes = 3
		}
		id := w.create(http.StatusCreated, "/v2/databases", "database", object{
			"name": "the-" + engine, "engine": engine, "size": size, "num_nodes": nodes, "region": "nyc3",
		})
		others[engine] = fmt.Sprintf("/v2/databases/%v", id)
	}
	w.settle()
	for _, other := range others {
		w.get(other)
		w.get(other + "/config")
		w.get(other + "/users")
	}
	w.do(http.StatusCreated, "POST", others["kafka"]+"/users", object{"name": "app", "settings": object{"acl": []object{{"topic": "orders", "permission": "consume"}}}})
	w.get(others["kafka"] + "/users/app")
	w.do(http.StatusCreated, "PUT", others["kafka"]+"/users/app", object{"settings": object{"acl": []object{{"topic": "orders", "permission": "produce"}}}})
	w.do(http.StatusOK, "POST", others["kafka"]+"/users/app/reset_auth", object{})
	w.do(http.StatusCreated, "POST", others["mysql"]+"/users", object{"name": "app", "mysql_settings": object{"auth_plugin": "mysql_native_password"}})
	w.get(others["mysql"] + "/users/app")
	w.do(http.StatusCreated, "PUT", others["mysql"]+"/users/app", object{"settings": object{}})
	w.do(http.StatusOK, "POST", others["mysql"]+"/users/app/reset_auth", object{"mysql_settings": object{"auth_plugin": "caching_sha2_password"}})
	w.get(others["mysql"] + "/sql_mode")
	w.do(http.StatusNoContent, "PUT", others["mysql"]+"/sql_mode", object{"sql_mode": "ANSI_QUOTES"})
	w.get(others["valkey"] + "/eviction_policy")
	w.do(http.StatusNoContent, "PUT", others["valkey"]+"/eviction_policy", object{"eviction_policy": "allkeys_lru"})
	w.get("/v2/databases")
}
