internal import CShims
package import Model
internal import Providers
internal import Routing
internal import Transport
package import Wire

/// The query of `gatelet_list_models`.
struct ListQuery {
    var providers: [String] = []
    var refresh = false
}

extension Setup {
    /// Which providers a query means: those named, else every configured one.
    func listRoutes(_ query: ListQuery) throws(Failure) -> [Route] {
        if configuration.devMode { return routes.filter { same($0.provider.id, "dev") } }
        if query.providers.isEmpty { return routes.filter { $0.provider.isConfigured } }
        var found: [Route] = []
        for name in query.providers {
            guard let route = routes.first(where: { $0.provider.isCalled(name) }) else {
                throw Failure(.modelUnresolved, concat("no provider is called ", name))
            }
            let provider = route.provider
            if !provider.unset.isEmpty || provider.keys.isEmpty && provider.keyNeed == .required && !provider.modelsPublic { throw missingKey(provider) }
            if provider.onlyWhenNamed, !provider.named {
                throw Failure(.modelUnresolved, concat(provider.id, " is asked only when the configuration names it in providers"))
            }
            if !found.contains(where: { $0 === route }) { found.append(route) }
        }
        return found
    }
}

extension Client {
    /// Fetches and joins lists on the calling thread.
    package func listModels(_ bytes: UnsafeRawBufferPointer?) throws(Failure) -> ByteBuffer {
        let call = try makeList(bytes)
        if call.fetches.isEmpty { return try call.result() }
        let engine = try takeEngine()
        let pipe = gl_sigpipe_block()
        call.submit(to: engine)
        var told = false
        while !call.isComplete {
            if isClosing, !told {
                call.cancel()
                told = true
            }
            _ = engine.turn(wait: 3_600_000_000)
        }
        gl_sigpipe_restore(pipe)
        giveEngine(engine)
        return try call.result()
    }

    func makeList(_ bytes: UnsafeRawBufferPointer?, tag: UInt64 = 0) throws(Failure) -> ListCall {
        let setup = setup
        do throws(Failure) {
            var query = ListQuery()
            if let bytes { query = try readListQuery(bytes, depthLimit: setup.configuration.caps.depth) }
            return ListCall(self, setup, try setup.listRoutes(query), refresh: query.refresh, tag: tag)
        } catch {
            throw setup.redaction.failure(error)
        }
    }
}

/// {"provider": "<id>" | ["<id>", ...], "refresh": true}
private func readListQuery(_ bytes: UnsafeRawBufferPointer, depthLimit: Int) throws(Failure) -> ListQuery {
    var query = ListQuery()
    do throws(JSONFault) {
        var cursor = JSONSteps(bytes, depthLimit: depthLimit)
        guard try cursor.beginObject() else { throw JSONFault(.syntax, cursor.offset) }
        while let name = try cursor.nextName() {
            if jsonName(bytes, name, is: "provider") {
                query.providers = try readNames(&cursor, bytes)
            } else if jsonName(bytes, name, is: "refresh") {
                let value = try cursor.value()
                guard bytes[value].equals("true") || bytes[value].equals("false") else { throw JSONFault(.syntax, value.start) }
                query.refresh = bytes[value].equals("true")
            } else {
                throw JSONFault(.syntax, name.start)
            }
        }
        try cursor.finish()
    } catch {
        throw Failure(.json, concat("the query is not {\"provider\": id or list of ids, \"refresh\": true or false} (offset ", String(decimal: error.offset), ")"))
    }
    return query
}

private func readNames(_ cursor: inout JSONSteps, _ bytes: UnsafeRawBufferPointer) throws(JSONFault) -> [String] {
    guard try cursor.beginArray() else { return [try readName(&cursor, bytes)] }
    var names: [String] = []
    while try cursor.nextElement() { names.append(try readName(&cursor, bytes)) }
    return names
}

private func readName(_ cursor: inout JSONSteps, _ bytes: UnsafeRawBufferPointer) throws(JSONFault) -> String {
    let value = try cursor.value()
    guard bytes.byte(at: value.start) == 0x22 else { throw JSONFault(.syntax, value.start) }
    let text = ByteBuffer()
    defer { text.keepAlive() }
    guard appendDecodedJSON(bytes[ByteRange(value.start + 1, value.end - 1)], to: text) else { throw JSONFault(.syntax, value.start) }
    return String(utf8: text.bytes)
}
