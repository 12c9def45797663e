package import Bytes
internal import JSON
package import Model

/// `pricing` as entries of model lists have it; `null` where nothing is known.
package func appendPricing(_ price: ModelPrice?, to buffer: ByteBuffer) -> Bool {
    guard let price, !price.base.isEmpty else { return buffer.append("null") }
    var out = MemberWriter(buffer)
    ListedPrices(price).write(&out)
    return !out.failed
}
