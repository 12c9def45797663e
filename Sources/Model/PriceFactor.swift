internal import Bytes

/// By which all tokens of an answer cost more, or less.
package struct PriceFactor: Sendable, Equatable {
    /// In thousandths.
    package var thousandths: Int
    /// False: it is something else, that nobody here knows.
    package var isKnown = true

    package init(thousandths: Int) { self.thousandths = thousandths }

    package static var one: PriceFactor { PriceFactor(thousandths: 1000) }

    /// nil: too big to be an amount.
    package func times(_ price: AttoUSD) -> AttoUSD? {
        if thousandths == 1000 { return price }
        guard let product = Money.times(thousandths, price), product >= 0 else { return nil }
        // By 32 bits: a division of 128 would need libgcc_s.
        var quotient: AttoUSD = 0, rest: UInt64 = 0
        for shift in [96, 64, 32, 0] {
            let part = rest &<< 32 | UInt64(truncatingIfNeeded: product >> AttoUSD(shift)) & 0xFFFF_FFFF
            quotient = quotient << 32 | AttoUSD(part / 1000)
            rest = part % 1000
        }
        return quotient
    }

    /// Both of them.
    package mutating func multiply(by other: PriceFactor) {
        let (product, over) = thousandths.multipliedReportingOverflow(by: other.thousandths)
        if over { isKnown = false } else { thousandths = product / 1000 }
        isKnown = isKnown && other.isKnown
    }
}

/// Members of an answer's usage, and of a request, that say how it is served, and that all tokens cost more for
/// (https://platform.claude.com/docs/en/about-claude/pricing, 2026-11).
package enum PriceWord: String, CaseIterable, Sendable {
    case speed, inferenceGeo = "inference_geo"

    /// What it says where the plain prices hold.
    package var usual: [String] {
        switch self {
        case .speed: ["standard", ""]
        case .inferenceGeo: ["global", "not_available", ""]
        }
    }
}

/// What was said of them, in small letters; nil: nothing.
package struct ServedWords: Sendable, Equatable {
    private var speed: String?, inferenceGeo: String?
    package init() {}

    package subscript(word: PriceWord) -> String? {
        get { word == .speed ? speed : inferenceGeo }
        set { if word == .speed { speed = newValue } else { inferenceGeo = newValue } }
    }

    /// What these do not say the others do.
    package func filled(from other: ServedWords) -> ServedWords {
        var filled = self
        for word in PriceWord.allCases { filled[word] = self[word] ?? other[word] }
        return filled
    }
}

/// What a provider asks for one of these words.
package struct PriceFactorRule: Sendable, Equatable {
    package var word = PriceWord.speed
    package var value = ""
    package var factor = PriceFactor.one
    /// Globs of the models it holds for; empty: for all.
    package var models: [String] = []
    package init() {}
}
