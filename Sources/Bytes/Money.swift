/// Arithmetic with amounts in 1e-18 USD (AttoUSD): exact, and nil where a result is too big to be one.
package enum Money {
    /// `count` things at this price; a count below zero is none.
    package static func times(_ count: Int, _ price: Int128?) -> Int128? {
        guard let price else { return nil }
        let (value, over) = price.multipliedReportingOverflow(by: Int128(max(0, count)))
        return over ? nil : value
    }

    /// nil as soon as one of them is.
    package static func sum(_ a: Int128?, _ b: Int128?) -> Int128? {
        guard let a, let b else { return nil }
        let (value, over) = a.addingReportingOverflow(b)
        return over ? nil : value
    }

    /// USD as canonical decimal text: "0.00000015", "12.5", "-1", "0"; never an exponent.
    package static func text(_ atto: Int128) -> String {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        return appendAtto(atto, to: out) ? String(utf8: out.bytes) : ""
    }
}
