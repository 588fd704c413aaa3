package main

import "math/rand/v2"

// operation is one kind of thing that happens.
type operation struct {
	name   string
	weight int
	do     func(*sequence)
}

// operations are all kinds of things that happen, in a sequence that has these kinds.
func operations(of []subject) []operation {
	var all []operation
	for _, each := range of {
		all = append(all, each.operations...)
	}
	all = append(all, cloudOperations...)
	all = append(all, peopleOperations...)
	all = append(all, gitOpsOperations...)
	all = append(all, faultOperations...)
	all = append(all, hostileOperations...)
	return append(all, operatorOperations...)
}

// essential are in every repertoire: without them nothing is there to go wrong.
var essential = map[string]bool{"sync and wait": true, "a moment": true, "declare": true, "accept": true}

// usual is in how many of the sequences an operation may happen that is not in shares.
const usual = 0.65

// shares are of those after which less can be judged.
var shares = map[string]float64{"a listing that lies and adds up": 0.25, "listings lag": 0.25}

type repertoire []operation

// repertoire is what this sequence draws from.
func (s *sequence) repertoire() repertoire {
	var out repertoire
	for _, op := range operations(s.subjects()) {
		share, ok := shares[op.name]
		if !ok {
			share = usual
		}
		if keep := s.chance(share); keep || essential[op.name] {
			out = append(out, op)
		}
	}
	return out
}

func (r repertoire) pick(rng *rand.Rand) operation {
	total := 0
	for _, op := range r {
		total += op.weight
	}
	at := rng.IntN(total)
	for _, op := range r {
		if at -= op.weight; at < 0 {
			return op
		}
	}
	return r[len(r)-1]
}

// one is a random element.
func one[T any](s *sequence, from []T) T { return from[s.rng.IntN(len(from))] }

// some are random elements, in their order; perhaps none.
func some[T any](s *sequence, from []T) []T {
	out := []T{}
	for _, element := range from {
		if s.chance(0.4) {
			out = append(out, element)
		}
	}
	return out
}
