internal import Bytes
internal import CShims
package import Model

/// hiredis as it was found when somebody wanted it: it formats commands and parses replies, and never sees a socket.
package final class HiRedis: @unchecked Sendable {
    fileprivate let library: OpaquePointer

    package convenience init() throws(Failure) {
        guard let library = gl_hiredis_open() else {
            throw Failure(.unsupported, "redis_url needs hiredis, as libhiredis.so.1.1.0 or libhiredis.so.0.14 (Debian: libhiredis1.1.0, in Debian 12 libhiredis0.14)")
        }
        self.init(library)
    }

    private init(_ library: OpaquePointer) { self.library = library }

    deinit { gl_hiredis_close(library) }

    /// Appends a command as it is sent. False: no memory.
    func format(_ words: [RedisWord], into out: ByteBuffer) -> Bool {
        var formatted: UnsafeMutablePointer<CChar>?
        let count = withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: words.count) { texts in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: words.count) { lengths in
                for (at, word) in words.enumerated() {
                    texts.initializeElement(at: at, to: word.start)
                    lengths.initializeElement(at: at, to: word.count)
                }
                return gl_hiredis_format(library, &formatted, Int32(clamping: words.count), texts.baseAddress, lengths.baseAddress)
            }
        }
        defer {
            gl_hiredis_forget(library, formatted)
            withExtendedLifetime(words) {}
        }
        guard count > 0, let formatted else { return false }
        return out.append(UnsafeRawBufferPointer(start: formatted, count: Int(count)))
    }
}

/// One word of a command: its bytes live as long as it does.
package final class RedisWord {
    fileprivate let start: UnsafePointer<CChar>?
    fileprivate let count: Int
    private let own: UnsafeMutablePointer<CChar>?

    /// Of static text, without a copy.
    package init(_ text: StaticString) {
        start = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
        count = text.utf8CodeUnitCount
        own = nil
    }

    @_disfavoredOverload
    package init(_ text: String) {
        let bytes = text.octets, made = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count &+ 1)
        for (at, byte) in bytes.enumerated() { made[at] = CChar(bitPattern: byte) }
        made[bytes.count] = 0
        (own, start, count) = (made, UnsafePointer(made), bytes.count)
    }

    deinit { own?.deallocate() }
}

/// What Redis answered, for as long as it is being handed over.
package struct RedisReply {
    private let library: OpaquePointer
    private let reply: UnsafeRawPointer

    fileprivate init(_ library: OpaquePointer, _ reply: UnsafeRawPointer) { (self.library, self.reply) = (library, reply) }

    package var integer: Int64? { gl_reply_type(reply) == Int32(GL_REPLY_INTEGER) ? gl_reply_integer(reply) : nil }

    /// Of a text or a status.
    package var text: UnsafeRawBufferPointer? { gl_reply_type(reply) == Int32(GL_REPLY_ERROR) ? nil : words }

    /// What Redis complains of: a word in capitals, mostly, and a sentence.
    package var error: UnsafeRawBufferPointer? { gl_reply_type(reply) == Int32(GL_REPLY_ERROR) ? words : nil }

    package var count: Int { gl_reply_count(library, reply) }

    package subscript(index: Int) -> RedisReply? {
        guard index >= 0, let element = gl_reply_element(library, reply, index) else { return nil }
        return RedisReply(library, element)
    }

    private var words: UnsafeRawBufferPointer? {
        var count = 0
        return gl_reply_text(library, reply, &count).map { UnsafeRawBufferPointer(start: $0, count: count) }
    }
}

/// The replies of one connection.
final class RedisReader {
    private let hiredis: HiRedis
    private let reader: UnsafeMutableRawPointer
    /// Bytes since the last whole reply.
    private var open = 0
    /// No reply that we ask for is longer.
    private static let longest = 64 << 20

    /// nil: out of memory.
    convenience init?(_ hiredis: HiRedis) {
        guard let reader = gl_hiredis_reader(hiredis.library) else { return nil }
        self.init(hiredis, reader)
    }

    private init(_ hiredis: HiRedis, _ reader: UnsafeMutableRawPointer) { (self.hiredis, self.reader) = (hiredis, reader) }

    deinit { gl_hiredis_reader_free(hiredis.library, reader) }

    /// Hands over each reply that is whole by now, until `take` wants no more. False: what came is not what Redis speaks.
    func feed(_ bytes: UnsafeRawBufferPointer, _ take: (RedisReply) -> Bool) -> Bool {
        open = open &+ bytes.count
        guard open <= RedisReader.longest,
              gl_hiredis_feed(hiredis.library, reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == 0 else { return false }
        while true {
            var reply: UnsafeMutableRawPointer?
            guard gl_hiredis_next(hiredis.library, reader, &reply) == 0 else { return false }
            guard let reply else { return true }
            open = 0
            let goesOn = take(RedisReply(hiredis.library, reply))
            gl_hiredis_reply_free(hiredis.library, reply)
            if !goesOn { return true }
        }
    }
}
