package dosim

import (
	"net"
	"net/netip"
)

// notForMembers are a network's own address, its gateway's and the one that
// reaches all.
const notForMembers = 3

func (v *vpc) prefix() netip.Prefix { return netip.MustParsePrefix(v.IPRange) }

// room is how many addresses are left.
func (v *vpc) room() int {
	return 1<<(32-v.prefix().Bits()) - notForMembers - v.Addresses + len(v.Freed)
}

// nextAddress is one that nobody had, or else the one that is free the
// longest. There must be room.
func (v *vpc) nextAddress() string {
	if len(v.Freed) > 0 && v.room() <= len(v.Freed) {
		next := v.Freed[0]
		v.Freed = v.Freed[1:]
		return next
	}
	v.Addresses++
	return offset(v.prefix().Addr().String(), v.Addresses+1)
}

func (v *vpc) release(address string) { v.Freed = append(v.Freed, address) }

func (v *vpc) netmask() string { return net.IP(net.CIDRMask(v.prefix().Bits(), 32)).String() }
