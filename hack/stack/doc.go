// Package stack runs a Kubernetes control plane without Docker: etcd,
// kube-apiserver, kube-controller-manager and kubectl at the release that
// client-go is pinned to, found on the machine or built from their Go modules.
//
// It is what the tests, `make demo` and `make up` run on. envtest's own types
// start etcd and an API server too, but they know no controller manager (so no
// garbage collection and no namespace deletion), leave both processes behind
// when the test process is killed, and lose every user when the API server is
// restarted. Here the three are processes of one kind, they end with the
// process that started them, and they can be restarted one by one.
package stack
