internal import Accounting
internal import Bytes
package import Model
internal import Transport

/// A gateway: what a handle of the C interface stands for. It puts configurations in place; what requests share is in its services,
/// and they hold what they need, so that it may go before the last of them has ended.
package final class Client {
    let services: Services
    let models: ModelCatalog
    private let lock = Lock()
    private let reloading = Lock()
    private var current: Setup
    private var watch: (ConfigurationWatch, on: Engine)?

    package convenience init(_ configuration: Configuration) throws(Failure) {
        let services = Services(), setup = try Setup(configuration, services.limits, services.log)
        self.init(services, setup)
        do throws(Failure) {
            try services.redis.adopt(setup, services.engines, services.log)
        } catch {
            services.close()
            throw error
        }
    }

    private init(_ services: Services, _ setup: Setup) {
        self.services = services
        current = setup
        models = ModelCatalog(PriceBook(ModelTables.shared) { services.log.say(LogLevel.warning, $0) })
        services.log.adopt(setup.configuration, setup.redaction)
    }

    package var isClosing: Bool { services.isClosing }

    // MARK: configuration

    /// What requests that begin now work with.
    package var setup: Setup { lock.with { current } }

    package var redaction: Redaction { services.redaction }

    /// Puts another configuration in place. Requests in flight keep theirs; what is known of providers' health stays.
    package func reload(_ configuration: Configuration) throws(Failure) {
        reloading.lock() // health and limits follow one configuration at a time
        defer { reloading.unlock() }
        let old = setup, made = try Setup(configuration, services.limits, services.log, after: old)
        services.log.adopt(configuration, made.redaction) // what is secret is known before anybody uses it
        try services.redis.adopt(made, services.engines, services.log)
        lock.with { current = made }
        services.cache.adopt(configuration.cache)
        models.forgetMoved(made, from: old)
        services.log.say(LogLevel.info, "configuration loaded anew")
        services.log.sayNotices()
    }

    /// Watches the files of the configuration that is in place, instead of those of the one before; nil: none.
    package func watch(_ made: ConfigurationWatch?) throws(Failure) {
        var next: (ConfigurationWatch, on: Engine)?
        if let made { next = (made, try services.engines.shared()) }
        let old = lock.with {
            defer { watch = next }
            return watch
        }
        if let (watch, engine) = old { engine.cancel(watch) }
        if let (watch, engine) = next { engine.submit(watch) }
    }

    /// A configuration that could not be loaded; the old one stays.
    package func logFailedReload(_ failure: Failure) {
        services.log.say(LogLevel.warning, concat("reload failed: ", services.log.words(of: failure)))
    }

    // MARK: what the host is told

    package func setLog(_ function: ((Int32, UnsafePointer<CChar>) -> Void)?) { services.log.put(function) }
    package func setHook(_ hook: Hook?) { services.hooks.set(hook) }

    package func setInterrupt(_ function: (() -> Int32)?) {
        services.interrupts.put(function)
        services.engines.wake() // those that sleep for long wake up to ask
    }

    // MARK: ends

    /// Ends every request of this id that is under way: queued ones, and those that threads are blocked in.
    package func cancel(_ id: String) {
        services.openCalls.cancel(id)
        services.openLists.cancel(id)
        services.blocked.cancel(id)
    }

    /// Cancels what is in flight and ends the I/O thread. Blocked callers notice at once and leave on their own.
    package func close() {
        services.close()
        models.abandon()
    }

    /// The handle is closed, and the last call on it has returned.
    package func handleEnded() { services.handleEnded() }
}
