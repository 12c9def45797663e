package gatelet;

/** One piece of an answer: `json` is the provider's bytes, `text` and `reasoning` are of choice 0, `name` is that of named events. */
public record Event(int kind, String json, String text, String reasoning, String name) {
    public boolean isChunk() { return kind == Library.CHUNK; }

    public boolean isAnswer() { return kind == Library.ANSWER; }
}
