internal import Bytes

/// A text that deltas told so far: of which item and part, and enough of it to find what a longer one goes on with.
struct ToldText {
    /// -1: none came.
    private(set) var item = -1, part = -1
    private var count = 0, hash = fnvSeed

    /// `body`: of a JSON string, as it was written.
    mutating func add(_ body: UnsafeRawBufferPointer, _ item: Int, _ part: Int) {
        if (item, part) != (self.item, self.part) { self = ToldText(item: item, part: part) }
        count &+= body.count
        hash = fnv1a(body, from: hash)
    }

    init() {}

    private init(item: Int, part: Int) {
        self.item = item
        self.part = part
    }

    /// What of the whole text was not told; nothing where that is another text.
    func rest(of whole: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let isLonger = whole.count > count && fnv1a(whole[ByteRange(0, count)], from: fnvSeed) == hash
        return isLonger ? whole[ByteRange(count, whole.count)] : whole[.none]
    }
}
