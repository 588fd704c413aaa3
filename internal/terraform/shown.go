package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// shown is what "show -json" prints of a state, and of a plan.
type shown struct {
	Values        *shownValues `json:"values"`
	PlannedValues *shownValues `json:"planned_values"`
	Configuration *struct {
		RootModule configModule `json:"root_module"`
	} `json:"configuration"`
}

type shownValues struct {
	RootModule shownModule `json:"root_module"`
}

type shownModule struct {
	Resources []struct {
		Address    string          `json:"address"`
		Mode       string          `json:"mode"`
		Type       string          `json:"type"`
		DeposedKey string          `json:"deposed_key"`
		Values     json.RawMessage `json:"values"`
		Sensitive  json.RawMessage `json:"sensitive_values"`
	} `json:"resources"`
	ChildModules []shownModule `json:"child_modules"`
}

// configModule is a module as it is written, once, however often it is called.
type configModule struct {
	Resources []struct {
		Address     string                     `json:"address"`
		Expressions map[string]json.RawMessage `json:"expressions"`
	} `json:"resources"`
	ModuleCalls map[string]struct {
		Module configModule `json:"module"`
	} `json:"module_calls"`
}

func readShown(data []byte, version string) (*State, error) {
	if major, _, _ := strings.Cut(version, "."); major != "0" && major != "1" {
		return nil, fmt.Errorf("it has format_version %s, and only 1 is known", resource.Short(version, 16))
	}
	var file shown
	if err := unmarshal(data, &file); err != nil {
		return nil, err
	}
	m := newMapper()
	switch {
	case file.PlannedValues != nil:
		var asked map[string]map[string]any
		if file.Configuration != nil {
			asked = map[string]map[string]any{}
			file.Configuration.RootModule.expressions("", asked)
		}
		m.addModule(&file.PlannedValues.RootModule, asked)
	case file.Values != nil:
		m.addModule(&file.Values.RootModule, nil)
	case isProviderSchema(data):
		return nil, errors.New("it describes providers, and holds no resources; " + howTo)
	}
	return m.state, nil
}

// isProviderSchema tells what "providers schema -json" prints, which has a format_version too.
func isProviderSchema(data []byte) bool {
	var head struct {
		Schemas *json.RawMessage `json:"provider_schemas"`
	}
	return unmarshal(data, &head) == nil && head.Schemas != nil
}

func (m *mapper) addModule(module *shownModule, asked map[string]map[string]any) {
	for i := range module.Resources {
		each := &module.Resources[i]
		if each.Mode != managed {
			continue
		}
		in := instance{address: each.Address, resourceType: each.Type}
		if each.DeposedKey != "" {
			in.problem = "is being replaced, and about to be destroyed"
		} else {
			in.attributes, in.problem = attributesOf(each.Values)
		}
		if sensitive, err := resource.Decode(each.Sensitive); err == nil {
			in.sensitive = sensitive
		}
		if asked != nil {
			in.asked = asked[withoutIndices(each.Address)]
		}
		m.add(in)
	}
	for i := range module.ChildModules {
		m.addModule(&module.ChildModules[i], asked)
	}
}

// expressions collects what is written of each resource, by its address without indices.
func (c *configModule) expressions(module string, into map[string]map[string]any) {
	for _, each := range c.Resources {
		written := make(map[string]any, len(each.Expressions))
		for name, raw := range each.Expressions {
			if value, err := resource.Decode(raw); err == nil {
				written[name] = value
			}
		}
		into[module+each.Address] = written
	}
	for name, call := range c.ModuleCalls {
		call.Module.expressions(module+"module."+name+".", into)
	}
}

// withoutIndices is an address as the configuration has it: [0] and ["a"] are cut out.
func withoutIndices(address string) string {
	var b strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case quoted && c == '\\':
			i++
		case depth > 0 && c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
