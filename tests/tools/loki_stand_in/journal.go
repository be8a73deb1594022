// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
)

// journal is what a restart finds, also after SIGKILL: each stream's part of each push, as it was taken. It is written
// but not synced, as Loki's own.
type journal struct{ file *os.File }

const flushed = "" // a record without a stream: all was flushed

// openJournal reads what is there through `replay`, and goes on behind the last whole record.
func openJournal(folder string, replay func(tenant string, stream pushed) error) (*journal, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(folder, "loki-stand-in.journal"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	reader, good := bytes.NewReader(content), 0
	for {
		tenant, err := readPart(reader)
		if err != nil {
			break
		}
		message, err := readPart(reader)
		if err != nil {
			break
		}
		stream, err := decodeStream(message)
		if err != nil {
			return nil, err
		}
		if err := replay(string(tenant), stream); err != nil {
			return nil, err
		}
		good = len(content) - reader.Len()
	}
	if err := file.Truncate(int64(good)); err != nil {
		return nil, err
	}
	_, err = file.Seek(int64(good), io.SeekStart)
	return &journal{file}, err
}

func readPart(reader *bytes.Reader) ([]byte, error) {
	length, err := binary.ReadUvarint(reader)
	if err != nil || length > uint64(reader.Len()) {
		return nil, io.ErrUnexpectedEOF
	}
	part := make([]byte, length)
	_, err = io.ReadFull(reader, part)
	return part, err
}

func (j *journal) write(tenant, labels string, entries []entry) error {
	message := encodeStream(labels, entries)
	record := binary.AppendUvarint(nil, uint64(len(tenant)))
	record = append(record, tenant...)
	record = binary.AppendUvarint(record, uint64(len(message)))
	_, err := j.file.Write(append(record, message...))
	return err
}
