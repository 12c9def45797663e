internal import Bytes
internal import JSON
package import Model

/// {"events": 1024, "bytes": 8388608, "driver": "thread" | "caller"}
package func readQueueOptions(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> EventQueue.Options {
    var options = EventQueue.Options()
    var bad: String?
    do throws(JSONFault) {
        var cursor = JSONCursor(bytes)
        guard try cursor.beginObject() else { throw JSONFault(.syntax, cursor.offset) }
        while let name = try cursor.nextName() {
            let value = try cursor.value()
            if jsonName(bytes, name, is: "events"), let n = count(bytes[value]) {
                options.events = n
            } else if jsonName(bytes, name, is: "bytes"), let n = count(bytes[value]) {
                options.bytes = n
            } else if jsonName(bytes, name, is: "driver"), bytes[value].equals("\"caller\"") || bytes[value].equals("\"thread\"") {
                options.callerDrives = bytes[value].equals("\"caller\"")
            } else {
                bad = bad ?? String(utf8: bytes[name])
            }
        }
        try cursor.finish()
    } catch {
        throw Failure(.json, concat("the queue options are not JSON (offset ", String(decimal: error.offset), ")"))
    }
    if let bad { throw Failure(.config, concat(bad, ": not a queue option, or not a value it can have")) }
    return options
}

/// 1 to 2^31 - 1.
private func count(_ digits: UnsafeRawBufferPointer) -> Int? {
    var n = 0
    guard digits.count > 0, digits.count <= 10 else { return nil }
    for byte in digits {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        n = n &* 10 &+ Int(byte &- 0x30)
    }
    return n >= 1 && n <= Int(Int32.max) ? n : nil
}
