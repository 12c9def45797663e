import gatelet.Client;
import gatelet.Event;
import gatelet.EventStream;
import gatelet.GateletException;
import gatelet.Operation;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Many streams, a virtual thread for each, one of them closed in the middle: java Streams [how many] [which to close] */
final class Streams {
    public static void main(String[] arguments) throws Exception {
        int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        int closed = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 42;
        try (var client = new Client(null); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var lines = IntStream.range(0, count).mapToObj(i -> threads.submit(() -> read(client, i, i == closed))).toList();
            for (var line : lines) System.out.println(line.get());
        }
    }

    private static String read(Client client, int number, boolean leave) throws InterruptedException {
        String request = """
            {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "stream %d"}]}""".formatted(number);
        var text = new StringBuilder();
        try (EventStream stream = client.stream(Operation.CHAT_STREAM, request, null)) {
            for (Event event; (event = stream.next()) != null;) {
                text.append(event.text());
                if (leave && !text.isEmpty()) return number + " cancelled " + text;
            }
            return number + " ok " + text;
        } catch (GateletException failure) {
            return number + " " + failure.kind + " " + text;
        }
    }
}
