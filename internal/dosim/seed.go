package dosim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Seed adds n plausible resources of a kind to the team of the default token:
// thousands within a moment, named seed-1, seed-2 and so on, settled already.
// What lies in another resource is added with it, or to one that is there.
func (s *Server) Seed(kindName string, n int) error { return s.SeedTeam(DefaultTeam, kindName, n) }

// SeedTeam is Seed for the team with this UUID.
func (s *Server) SeedTeam(teamUUID, kindName string, n int) error {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return strings.EqualFold(k.name, kindName) && k.seed != nil })
	if i < 0 {
		return fmt.Errorf("seeding: unknown kind %q; known are %s", kindName, strings.Join(seedable(all), ", "))
	}
	if n < 0 {
		return fmt.Errorf("seeding: cannot add %d of %s", n, kindName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.state.team(s.tokenOfTeam(teamUUID))
	for range n {
		t.Seeded++
		all[i].seed(s, t, t.Seeded)
	}
	s.changes++
	return nil
}

// tokenOfTeam knows the team's name; a team without a token can be seeded too.
func (s *Server) tokenOfTeam(teamUUID string) Token {
	for _, t := range s.state.Tokens {
		if t.Team == teamUUID {
			return t
		}
	}
	t := Token{Team: teamUUID}
	t.setDefaults()
	return t
}

func seedable(all []kind) []string {
	var out []string
	for _, k := range all {
		if k.seed != nil {
			out = append(out, k.name)
		}
	}
	return out
}

func seedDroplet(s *Server, t *team, n int) {
	v := t.roomyVPC(s.now(), "nyc3")
	sz, _ := findSize("s-1vcpu-1gb")
	t.Droplets.add(&droplet{
		ID: s.state.nextID(), Name: fmt.Sprintf("seed-%d", n), Region: "nyc3", Size: sz.Slug, Disk: sz.Disk,
		Image: publicImages[1].ID, Status: "active", CreatedAt: stamp(s.now()),
		Tags: []string{}, Volumes: []string{}, VPC: v.ID, PrivateIP: v.nextAddress(),
	})
}

// roomyVPC is the region's default network and, when that is full, another: no
// network has addresses for all that is seeded.
func (t *team) roomyVPC(now time.Time, region string) *vpc {
	if v := t.defaultVPC(now, region); v.room() > 0 {
		return v
	}
	if v, ok := t.VPCs.find(func(v *vpc) bool { return v.Region == region && v.room() > 0 }); ok {
		return v
	}
	return t.addVPC(now, fmt.Sprintf("more-%s-%d", region, len(t.VPCs.rows)), region, "", "")
}
