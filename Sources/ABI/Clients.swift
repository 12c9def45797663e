internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model

private func environmentValue(_ name: String) -> String? {
    name.withCString { getenv($0).map { String(cString: $0) } }
}

/// Configuration, env and price files are read as texts, of at most so many bytes.
private let fileLimit = 1 << 20

private func readFile(_ path: String) throws(Failure) -> String {
    var text: UnsafeMutablePointer<CChar>?
    var length = 0
    let code = path.withCString { gl_read_file($0, fileLimit, &text, &length) }
    guard code == 0, let text else {
        throw Failure(.config, "the file \(path) cannot be read: \(String(cString: strerror(code)))")
    }
    defer { free(text) }
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    return String(utf8: bytes)
}

@c @implementation
public func gatelet_init(_ config_json: UnsafePointer<CChar>?, _ client: UnsafeMutablePointer<OpaquePointer?>?,
                         _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    client?.pointee = nil
    return guarded(.initialize, error) { () throws(Failure) in
        guard let client else { throw Failure(.argument, "client is NULL") }
        try FirstUse.prepare()
        let loaded = try LoadedConfiguration(config_json)
        let made = try Client(loaded.configuration)
        guard let handle = makeHandle(made, .client) else { throw Failure(.memory, "too many handles are open") }
        do throws(Failure) {
            try made.watch(loaded.watch(for: handle))
        } catch {
            closeHandle(handle, .client) { (it: Client) in it.close() }
            throw error
        }
        client.pointee = handle
    }
}

@c @implementation
public func gatelet_reload(_ client: OpaquePointer?, _ config_json: UnsafePointer<CChar>?,
                           _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    guarded(.reload, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            try reload(it, client, config_json)
        }
    }
}

private func reload(_ it: Client, _ client: OpaquePointer?, _ json: UnsafePointer<CChar>?) throws(Failure) {
    do throws(Failure) {
        let loaded = try LoadedConfiguration(json), watch = try loaded.watch(for: client)
        try it.reload(loaded.configuration)
        try it.watch(watch)
    } catch {
        it.logFailedReload(error)
        throw error
    }
}

/// A configuration, and the files that it was read from.
private struct LoadedConfiguration {
    let configuration: Configuration
    /// The caller's, for as long as the call lasts.
    private let json: UnsafePointer<CChar>?
    private let files: [String]

    init(_ json: UnsafePointer<CChar>?) throws(Failure) {
        var files: [String] = []
        configuration = try loadConfiguration(json, environment: environmentValue) { (path) throws(Failure) in
            files.append(path)
            return try readFile(path)
        }
        self.files = files
        self.json = json
    }

    /// Has the client of this handle read them anew when they have changed; nil where that is not wanted.
    func watch(for client: OpaquePointer?) throws(Failure) -> ConfigurationWatch? {
        guard configuration.watch, !files.isEmpty else { return nil }
        var copy: ByteBuffer?
        if let json {
            let made = ByteBuffer()
            guard made.append(UnsafeRawBufferPointer(start: json, count: strlen(json))) else { throw Failure(.memory, "out of memory") }
            copy = made
        }
        return try ConfigurationWatch(files) { [copy] in reread(client, copy) }
    }
}

/// What fails is in the log. Whoever has freed the client meanwhile is not told.
private func reread(_ client: OpaquePointer?, _ json: ByteBuffer?) {
    _ = try? withObject(client, .client) { (it: Client) throws(Failure) in
        guard let json else { return try reload(it, client, nil) }
        guard let text = json.terminated() else { throw Failure(.memory, "out of memory") }
        try reload(it, client, text)
    }
}

@c @implementation
public func gatelet_set_hook(_ client: OpaquePointer?, _ function: gatelet_hook_fn?, _ user: UnsafeMutableRawPointer?,
                             _ destroy: gatelet_destroy_fn?, _ options_json: UnsafePointer<CChar>?,
                             _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    let context = CallerContext(client, user, destroy) // destroyed here where nothing keeps it
    return guarded(.setHook, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let function else { return it.setHook(nil) }
            var hook = Hook { event in context.call(.hook) { function(event, $0) } }
            if options_json != nil { try readHookOptions(document(options_json, "options_json"), into: &hook) }
            it.setHook(hook)
        }
    }
}

@c @implementation
public func gatelet_providers(_ client: OpaquePointer?, _ query_json: UnsafePointer<CChar>?,
                              _ providers_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                              _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answerQuery(client, .providers, query_json, providers_json, "providers_json", error) { (it, query) throws(Failure) in try it.listProviders(query) }
}

@c @implementation
public func gatelet_stats(_ client: OpaquePointer?, _ query_json: UnsafePointer<CChar>?,
                          _ stats_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                          _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answerQuery(client, .stats, query_json, stats_json, "stats_json", error) { (it, query) throws(Failure) in try it.stats(query) }
}

/// A question that a document answers; the question may be NULL.
func answerQuery(_ client: OpaquePointer?, _ function: Function, _ query: UnsafePointer<CChar>?, _ answer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
         _ name: StaticString, _ error: UnsafeMutablePointer<OpaquePointer?>?,
         _ work: (Client, UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer) -> gatelet_status {
    answer?.pointee = nil
    return guarded(function, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let answer else { throw Failure(.argument, "\(name) is NULL") }
            let query = query.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            guard let text = try work(it, query).takeCString() else { throw Failure(.memory, "out of memory") }
            answer.pointee = text
        }
    }
}

@c @implementation
public func gatelet_free(_ client: OpaquePointer?) {
    var frame = gl_callback_top()
    while let inner = frame {
        if inner.pointee.client == handleValue(client) {
            inner.pointee.free_wanted = 1 // from inside its own callback: when the outermost call returns
            return
        }
        frame = inner.pointee.outer
    }
    closeHandle(client, .client) { (it: Client) in it.close() }
}

@c @implementation
public func gatelet_set_log(_ client: OpaquePointer?, _ function: gatelet_log_fn?, _ user: UnsafeMutableRawPointer?,
                            _ destroy: gatelet_destroy_fn?, _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    let context = CallerContext(client, user, destroy)
    return guarded(.setLog, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let function else { return it.setLog(nil) }
            it.setLog { level, message in context.call(.log) { function(level, message, $0) } }
        }
    }
}

/// Marks this thread as being inside a callback. When the callback freed its own client, that is done afterwards.
func inCallback<R>(_ place: Function.Place, of client: UInt64, _ body: () -> R) -> R {
    var frame = gl_callback_frame(kind: place.rawValue, free_wanted: 0, client: client, outer: nil)
    return withUnsafeMutablePointer(to: &frame) { frame in
        gl_callback_push(frame)
        let result = body()
        gl_callback_pop()
        if frame.pointee.free_wanted != 0 { gatelet_free(UInt(exactly: client).flatMap { OpaquePointer(bitPattern: $0) }) }
        return result
    }
}
