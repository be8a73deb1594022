// SPDX-License-Identifier: MIT

// Command loki-stand-in does what tests need of Loki, as README.md says.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	log.SetFlags(0)
	file := flag.String("config.file", "", "Loki's configuration (required)")
	like := flag.String("like", "3.5.9", "the version to behave as: 3.5.9 or 3.7.6")
	show := flag.Bool("version", false, "say what this is")
	flag.Parse()
	behaviour, known := versions[*like]
	switch {
	case !known || flag.NArg() != 0 || (*file == "" && !*show):
		flag.Usage()
		os.Exit(2)
	case *show:
		fmt.Printf("loki-stand-in, version %s (a stand-in for tests, not Loki)\n", behaviour.name)
		return
	}
	if err := serve(*file, behaviour); err != nil {
		log.Fatal("loki-stand-in: ", err)
	}
}

func serve(file string, behaviour version) error {
	config, err := readConfig(file)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	store, err := newStore(config, behaviour)
	if err != nil {
		return err
	}
	server := http.Server{
		Addr:              net.JoinHostPort(config.httpAddress, strconv.Itoa(config.httpPort)),
		Handler:           (&api{config, store}).handler(),
		ReadHeaderTimeout: 30 * time.Second,
	}
	return server.ListenAndServe()
}
