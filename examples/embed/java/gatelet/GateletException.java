package gatelet;

/** What went wrong; `json` has the whole story (docs/errors.md). */
public final class GateletException extends Exception {
    public final int status;
    public final String kind;
    public final String json;

    GateletException(int status, String kind, String message, String json) {
        super(message.isEmpty() ? kind : message);
        this.status = status;
        this.kind = kind;
        this.json = json;
    }
}
