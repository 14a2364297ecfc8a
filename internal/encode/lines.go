package encode

type lines struct{}

// NewLines makes an Encoder for rows of one value, a line of text each.
func NewLines() Encoder { return lines{} }

func (lines) Start(dst []byte) []byte { return dst }

func (lines) Row(dst []byte, values [][]byte) []byte { return append(append(dst, values[0]...), '\n') }

func (lines) End(dst []byte) []byte { return dst }
