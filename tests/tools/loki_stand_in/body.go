// SPDX-License-Identifier: MIT

package main

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/golang/snappy"
)

// readPush reads a push request's streams. Every error of it is 400, with nothing stored.
func readPush(r *http.Request, rawMetadata bool) ([]pushed, error) {
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "snappy":
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	case "deflate":
		body = flate.NewReader(body)
	default:
		return nil, fmt.Errorf("Content-Encoding %q not supported", encoding)
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	if media == "application/json" {
		if len(content) == 0 {
			return nil, errors.New("EOF")
		}
		return decodeJSON(content, rawMetadata)
	}
	message, err := snappy.Decode(nil, content)
	if err != nil {
		return nil, err
	}
	return decodeRequest(message)
}
