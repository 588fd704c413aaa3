package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func explainCommand(e *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [KIND[.FIELD]]",
		Short: "Say which fields a kind has, and how they are compared",
		Long: `Say what can be declared of a kind of resource: its fields, how each is compared, and what it
takes to change it. It needs no cluster.`,
		Example: `  # The kinds
  kubectl drift explain

  # The fields of a kind
  kubectl drift explain Droplet

  # One field, and one within an object
  kubectl drift explain Droplet.size_slug
  kubectl drift explain droplet.backup_policy.plan`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				e.explainKinds()
				return nil
			}
			name, path, _ := strings.Cut(args[0], ".")
			kind, err := kindNamed(name)
			if err != nil {
				return err
			}
			if path == "" {
				e.explainKind(kind)
				return nil
			}
			return e.explainField(kind, path)
		},
	}
}

// explainable are the kinds and their fields.
func explainable() []string {
	var out []string
	for _, kind := range kinds.All() {
		out = append(out, kind.Name)
		for i := range kind.Fields {
			out = append(out, kind.Name+"."+kind.Fields[i].Path)
		}
	}
	return out
}

func (e *Env) explainKinds() {
	t := table{columns: []column{{name: "KIND"}, {name: "FIELDS"}, {name: "ID LIKE"}, {name: "SCOPE"}}}
	for _, kind := range kinds.All() {
		t.add(bold.in("%s", kind.Name), span{text: fmt.Sprint(len(kind.Fields))}, span{text: kind.ID.Example}, span{text: kind.Scope})
	}
	t.print(e)
}

func (e *Env) explainKind(kind kinds.Kind) {
	e.line(bold.in("%s", kind.Name))
	e.line("Its id is like ", kind.ID.Example, ". A token needs the scope ", kind.Scope, " to read it.")
	if kind.About != "" {
		e.line(unquoted(kind.About))
	}
	e.line()
	e.explainFields("", kind.Fields)
	for _, name := range slices.Sorted(maps.Keys(kind.Unreadable)) {
		e.line()
		e.line(cyan.in("%s", name), " ", kind.Unreadable[name], ".")
	}
}

// explainFields has a row for each field, and for each field of a list's elements.
func (e *Env) explainFields(prefix string, fields []kinds.Field) {
	t := table{columns: []column{{name: "FIELD"}, {name: "COMPARED", shrinks: true}, {name: "CHANGED"}, {name: "NOTE", shrinks: true}}}
	var add func(prefix string, fields []kinds.Field, within *kinds.Field)
	add = func(prefix string, fields []kinds.Field, within *kinds.Field) {
		for i := range fields {
			field := &fields[i]
			change := field.Change
			if within != nil {
				change = within.Change // an element is changed with its list
			}
			t.add(cyan.in("%s%s", prefix, field.Path), span{text: unquoted(field.ComparedInWords())}, span{text: kinds.ChangeInWords[change]}, span{text: unquoted(field.Note)})
			add(prefix+field.Path+"[*].", field.Elements, field)
		}
	}
	add(prefix, fields, nil)
	t.print(e)
}

func (e *Env) explainField(kind kinds.Kind, text string) error {
	path, err := resource.ParsePath(strings.ReplaceAll(text, "[*]", `["*"]`))
	if err != nil {
		return err
	}
	field := fieldAt(kind.Fields, path)
	if field == nil {
		return e.explainObject(kind, path)
	}
	e.line(bold.in("%s", kind.Name), ".", cyan.in("%s", text))
	row := func(name, value string) {
		if value != "" {
			e.line(dim.in("%-9s ", name), value)
		}
	}
	row("Compared", unquoted(field.ComparedInWords()))
	row("Changed", kinds.ChangeInWords[field.Change])
	row("Note", unquoted(field.Note))
	switch {
	case field.Sensitive:
		row("Secret", "only a digest of its value is ever kept")
	case field.Ordered:
		row("Order", "the order of its elements counts")
	}
	row("Elsewhere", strings.Join(field.Others, ", "))
	row("Holds", strings.Join(slices.Sorted(maps.Keys(field.Members)), ", "))
	if len(field.Elements) > 0 {
		e.line()
		e.explainFields(text+"[*].", field.Elements)
	}
	return nil
}

// explainObject is for an object whose fields the kind names, and for names that it does not
// have.
func (e *Env) explainObject(kind kinds.Kind, path resource.Path) error {
	var within []kinds.Field
	for _, field := range kind.Fields {
		if strings.HasPrefix(field.Path, path.String()+".") {
			within = append(within, field)
		}
	}
	if len(within) > 0 {
		e.line(bold.in("%s", kind.Name), ".", cyan.in("%s", path))
		e.line()
		e.explainFields("", within)
		return nil
	}
	var declared any
	for _, segment := range slices.Backward(path) {
		declared = map[string]any{string(segment): declared}
	}
	desired, _ := declared.(map[string]any)
	for _, unknown := range drift.Differences(kind.Schema, desired, resource.Resource{}, nil).Unknown {
		return fmt.Errorf("%s", unknown.Explain(kind.Name))
	}
	return fmt.Errorf("%s has no field %s", kind.Name, path)
}

// unquoted is a text of the documentation without its backquotes.
func unquoted(text string) string { return strings.ReplaceAll(text, "`", "") }
