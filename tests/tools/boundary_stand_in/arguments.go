// SPDX-License-Identifier: MIT

package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
)

var errHelp = errors.New("help asked for")

// read fills the settings from the environment, the arguments and the configuration file.
func (s *settings) read(version version, args []string) error {
	options := s.options(version)
	if err := readEnvironment(options, version.takesEmpty); err != nil {
		return err
	}
	command, err := readFlags(options, args)
	if errors.Is(err, errHelp) {
		return err
	}
	if err != nil {
		return fmt.Errorf("parsing flags (%v) for %q: %w", args, "boundary", err)
	}
	s.command = command
	if s.configFile == "" {
		return nil
	}
	content, err := os.ReadFile(s.configFile)
	if err != nil {
		return fmt.Errorf("reading yaml: %w", err)
	}
	return readFile(options, string(content))
}

// readEnvironment names all variables that are wrong.
func readEnvironment(options []*option, takesEmpty bool) error {
	var wrong []string
	for _, o := range options {
		value, set := os.LookupEnv(o.env)
		if o.env == "" || !set || (value == "" && !takesEmpty) {
			continue
		}
		if err := o.set(value); err != nil {
			wrong = append(wrong, fmt.Sprintf("\t* parse %q: %v", o.flag, err))
		}
		o.given = true
	}
	if len(wrong) == 0 {
		return nil
	}
	sort.Strings(wrong)
	count := "1 error"
	if len(wrong) > 1 {
		count = fmt.Sprintf("%d errors", len(wrong))
	}
	return fmt.Errorf("parsing env: %s occurred:\n%s\n\n", count, strings.Join(wrong, "\n")) //nolint:revive // as Boundary prints it
}

// readFlags returns what is not a flag. Flags may stand after the command's first words, up to `--`.
func readFlags(options []*option, args []string) (command []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(command, args...), nil
		case strings.HasPrefix(arg, "--"):
			if args, err = readFlag(options, arg, args); err != nil {
				return nil, err
			}
		case strings.HasPrefix(arg, "-") && arg != "-":
			if arg[1] == 'h' {
				return nil, errHelp
			}
			return nil, fmt.Errorf("unknown shorthand flag: %q in %s", arg[1], arg)
		default:
			command = append(command, arg)
		}
	}
	return command, nil
}

func readFlag(options []*option, arg string, args []string) ([]string, error) {
	name, value, hasValue := strings.Cut(arg[2:], "=")
	if name == "" || name[0] == '-' {
		return nil, fmt.Errorf("bad flag syntax: %s", arg)
	}
	if name == "help" {
		return nil, errHelp
	}
	option := find(options, func(o *option) bool { return o.flag == name })
	if option == nil {
		return nil, fmt.Errorf("unknown flag: --%s", name)
	}
	switch {
	case hasValue:
	case option.isBool:
		value = "true"
	case len(args) == 0:
		return nil, fmt.Errorf("flag needs an argument: --%s", name)
	default:
		value, args = args[0], args[1:]
	}
	if err := option.set(value); err != nil {
		return nil, fmt.Errorf("invalid argument %q for %q flag: %w", value, "--"+name, err)
	}
	option.given = true
	return args, nil
}

func readFile(options []*option, content string) error {
	entries, err := parseYAML(content)
	if err != nil {
		return fmt.Errorf("decoding yaml: %w", err)
	}
	if len(entries) == 0 {
		return errors.New("applying yaml: mapping nodes: expected mapping node, got type 0")
	}
	for _, entry := range entries {
		option := find(options, func(o *option) bool { return o.yaml == entry.key })
		switch {
		case option == nil:
			return fmt.Errorf("applying yaml: unknown option %q", entry.key)
		case option.given:
			err = nil
		case entry.isList && option.setList == nil && len(entry.values) == 0:
			err = option.set("")
		case entry.isList && option.setList == nil:
			err = errors.New("a list where one value is expected")
		case entry.isList:
			option.setList(entry.values)
		default:
			err = option.set(entry.values[0])
		}
		if err != nil {
			return fmt.Errorf("applying yaml: setting %q: %w", entry.key, err)
		}
	}
	return nil
}

func find(options []*option, matches func(*option) bool) *option {
	for _, o := range options {
		if matches(o) {
			return o
		}
	}
	return nil
}

func list(target *[]string) func([]string) {
	return func(values []string) { *target = values }
}

// split takes one value for a list as a line of comma-separated values.
func split(target *[]string) func(string) error {
	return func(value string) (err error) {
		*target, err = csv.NewReader(strings.NewReader(value)).Read()
		return err
	}
}
