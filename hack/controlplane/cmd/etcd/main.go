// Command etcd is etcd's own server: its main module can't be required beside
// its server module's pinned version, and this is all that its main does.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
