internal import Bytes
internal import CShims
package import Model
internal import Transport

/// Watches the files that a configuration was read from, on the client's I/O thread. Their folders are watched, since most programs put a
/// new file in the place of the old one. A file counts as changed when it has been the same for an interval: nobody reads half of it.
package final class ConfigurationWatch: EngineJob, WatchedDescriptor, EngineTimerDelegate {
    let descriptor: Int32
    private let paths: [String]
    private let changed: () -> Void
    /// What the files were like when they were read, and when they were looked at last.
    private var read: [UInt64]
    private var seen: [UInt64]
    private var engine: Engine?
    private var timer: EngineTimer?
    private static let interval: Int64 = 250_000

    /// `changed` is called on the I/O thread, once.
    package convenience init(_ paths: [String], changed: @escaping () -> Void) throws(Failure) {
        let made = gl_watch_new()
        self.init(made, paths, changed)
        guard made >= 0 else { throw Failure(.config, concat("watch: no file can be watched: ", String(cString: strerror(-made)))) }
        for path in paths {
            let code = path.withCString { gl_watch_add(made, $0) }
            guard code == 0 else { throw Failure(.config, concat("watch: the folder of ", path, " cannot be watched: ", String(cString: strerror(code)))) }
        }
    }

    private init(_ descriptor: Int32, _ paths: [String], _ changed: @escaping () -> Void) {
        self.descriptor = descriptor
        self.paths = paths
        self.changed = changed
        read = paths.map { $0.withCString(gl_file_stamp) }
        seen = read
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    // MARK: on the engine

    func begin(on engine: Engine) {
        self.engine = engine
        engine.watch(self)
        look() // at what happened since it was read
    }

    func cancel() {
        guard let engine else { return }
        engine.unwatch(self)
        if let timer { engine.stop(timer) }
        (self.engine, timer) = (nil, nil)
    }

    func nudge() {}

    func becameReadable() {
        gl_watch_drain(descriptor)
        wait()
    }

    func timerEnded(_ timer: EngineTimer, cancelled: Bool) {
        self.timer = nil
        if cancelled { engine = nil } else { look() }
    }

    private func wait() {
        guard timer == nil, let engine else { return }
        let made = EngineTimer(at: gl_now_us() &+ ConfigurationWatch.interval, self)
        timer = made
        engine.start(made)
    }

    private func look() {
        let now = paths.map { $0.withCString(gl_file_stamp) }
        defer { seen = now }
        if now == read { return }
        if now != seen { return wait() }
        read = now
        changed()
    }
}
