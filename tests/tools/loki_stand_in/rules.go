// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
	"gopkg.in/yaml.v3"
)

type ruleFile struct {
	Groups []ruleGroup
}

type ruleGroup struct {
	Name     string
	Interval string `yaml:",omitempty"`
	Rules    []rule
}

type rule struct {
	Record      string            `yaml:",omitempty"`
	Alert       string            `yaml:",omitempty"`
	Expr        string            `yaml:""`
	For         string            `yaml:",omitempty"`
	Labels      map[string]string `yaml:",omitempty"`
	Annotations map[string]string `yaml:",omitempty"`
}

// rules lists a tenant's rules as they were read, not evaluated: the ruler's listing without a ruler.
func (a *api) rules(w http.ResponseWriter, _ *http.Request, tenant string) {
	if a.config.rules == "" {
		http.NotFound(w, nil)
		return
	}
	folder := filepath.Join(a.config.rules, tenant)
	files, err := os.ReadDir(folder)
	if err != nil {
		http.Error(w, fmt.Sprintf("unable to read rule dir %s: %v", folder, err), http.StatusBadRequest)
		return
	}
	all := map[string][]ruleGroup{}
	for _, file := range files {
		path := filepath.Join(folder, file.Name())
		groups, err := readRules(path)
		if err != nil {
			http.Error(w, fmt.Sprintf("failed to list rule group for user %s and namespace %s: error parsing %s: %s: %v",
				tenant, file.Name(), path, path, err), http.StatusBadRequest)
			return
		}
		all[file.Name()] = groups
	}
	w.Header().Set("Content-Type", "application/yaml")
	text, err := yaml.Marshal(all)
	if err == nil {
		_, err = w.Write(text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func readRules(path string) ([]ruleGroup, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file ruleFile
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	for _, group := range file.Groups {
		for _, one := range group.Rules {
			if _, err := logql.Parse(one.Expr); err != nil {
				return nil, fmt.Errorf("could not parse expression for alert '%s' in group '%s': %w", one.Alert, group.Name, err)
			}
		}
	}
	return file.Groups, nil
}
