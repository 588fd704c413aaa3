package drift

import "github.com/arcadiacloud/clouddrift/internal/resource"

// Acceptance is a value that was accepted for a field, and the one that was declared then.
// From and To are those of the difference: of a keyed list's element, say.
type Acceptance struct {
	Path     string
	From, To any
}

// Standing is what an acceptance is worth, by what is declared now.
type Standing string

// An acceptance stands in for what is declared while that is what it was: whoever applies the
// old manifest again does not take it back.
const (
	// StandsIn says that From is declared, so that To is desired.
	StandsIn Standing = "StandsIn"
	// Declared says that To is declared: there is nothing to stand in for.
	Declared Standing = "Declared"
	// Overruled says that something else is declared, or nothing any more.
	Overruled Standing = "Overruled"
)

// Effective is what is desired: what is declared, with the accepted values that stand in for
// some of it. It also says what each acceptance is worth, by its path. The input is not
// touched. This is the one place that decides it: what is planned, accepted and shown all
// rests on it.
func Effective(s Schema, desired map[string]any, accepted []Acceptance) (effective map[string]any, standing map[string]Standing) {
	effective, standing = desired, make(map[string]Standing, len(accepted))
	for _, a := range accepted {
		standing[a.Path] = s.standing(desired, a)
		if standing[a.Path] != StandsIn {
			continue
		}
		at, err := resource.ParsePath(a.Path)
		if err != nil {
			continue // a path that nobody can declare
		}
		if adopted, err := Adopt(s, effective, a.To, at); err == nil {
			effective = adopted
		} else {
			standing[a.Path] = Overruled
		}
	}
	return effective, standing
}

func (s Schema) standing(desired map[string]any, a Acceptance) Standing {
	at, err := resource.ParsePath(a.Path)
	if err != nil {
		return Overruled
	}
	if _, depth, err := s.comparisonAt(at); err != nil {
		return Overruled
	} else if _, declared := valueDeclared(desired, at[:depth]); !declared {
		return Overruled
	}
	if _, differs, compared := s.expected(desired, a.To, at); !differs && compared {
		return Declared
	}
	if _, differs, compared := s.expected(desired, a.From, at); !differs && compared {
		return StandsIn
	}
	return Overruled
}
