package gatelet;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A request under way. A virtual thread may wait in next() for as long as it likes; closing it, or interrupting that thread, cancels it. */
public final class EventStream implements AutoCloseable {
    /** So many unread events pause a stream, and it goes on when so few are left: a slow reader has the provider wait. */
    private static final int FULL = 256, LOW = 32;

    private final Client client;
    private final long tag;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Event> waiting = new ArrayDeque<>();
    private boolean paused, ended;
    private GateletException failure;

    EventStream(Client client, long tag) {
        this.client = client;
        this.tag = tag;
    }

    /** The next event; null at the end. */
    public Event next() throws GateletException, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (waiting.isEmpty() && !ended) changed.await();
            Event event = waiting.poll();
            if (event == null && failure != null) throw failure;
            if (paused && waiting.size() <= LOW) {
                paused = false;
                client.hold(tag, false);
            }
            return event;
        } catch (InterruptedException interrupted) {
            close();
            throw interrupted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (ended) return;
            ended = true;
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        client.cancel(tag);
    }

    void add(Event event) {
        lock.lock();
        try {
            if (ended) return;
            waiting.add(event);
            if (waiting.size() >= FULL && !paused) {
                paused = true;
                client.hold(tag, true);
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** null: it finished. */
    void finish(GateletException how) {
        lock.lock();
        try {
            if (ended) return;
            ended = true;
            failure = how;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
