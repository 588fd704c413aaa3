package yamledit

import "bytes"

// Documents are the documents of a file, each as a part of it: what comes before the first
// line of three dashes, and after each. Put together with what lies between, they are the
// file.
func Documents(file []byte) []Document {
	var out []Document
	start := 0
	for at := 0; at < len(file); {
		end := len(file)
		if i := bytes.IndexByte(file[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if isSeparator(file[at:end]) {
			out = append(out, Document{start, at})
			start = at + len("---")
		}
		at = end
	}
	return append(out, Document{start, len(file)})
}

// Document is where a document begins and ends.
type Document struct{ Start, End int }

// Of is the document's text.
func (d Document) Of(file []byte) []byte { return file[d.Start:d.End] }

// Replace is the file with another text for the document.
func (d Document) Replace(file, text []byte) []byte {
	out := make([]byte, 0, len(file)-(d.End-d.Start)+len(text))
	out = append(out, file[:d.Start]...)
	out = append(out, text...)
	return append(out, file[d.End:]...)
}

func isSeparator(line []byte) bool {
	after, dashes := bytes.CutPrefix(line, []byte("---"))
	return dashes && (len(after) == 0 || bytes.ContainsRune([]byte(" \t\r\n"), rune(after[0])))
}
