@testable import Bytes
import Foundation
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [("0", "0"), ("-0", "0"), ("0.000", "0"), ("1", "1"), ("-1", "-1"), ("+7", "7"), ("007", "7"), ("5e-08", "0.00000005"), ("1.5E-7", "0.00000015"),
                      ("0.00000015", "0.00000015"), ("$1,234.50", "1234.5"), ("-$2.5", "-2.5"), ("$ 3", "3"), ("$-3", "-3"), ("1,234,567", "1234567"), (" 3 ", "3"), ("1e3", "1000"),
                      ("12.340e2", "1234"), (".5", "0.5"), ("5.", "5"), ("100", "100"), ("1e+2", "100"), ("0e9999", "0"), ("123456789012345678901234567890.123", "123456789012345678901234567890.123")])
    func canonical(_ text: String, _ expected: String) { #expect(DecimalText(text)?.text == expected, "\(text)") }

    @Test(arguments: ["", " ", "-", "$", ".", "e5", "1e", "1e+", "1.2.3", "1,23", "1,2345", ",123", "1234,567", "1,234,56", "12a", "a12", "NaN", "inf", "1e99999", "1e500", "1e-500", "0x10",
                      "--1", "-$-1", "1 2", "٣", "1,234e", String(repeating: "1", count: 65), String(repeating: "0", count: 600)])
    func refused(_ text: String) { #expect(DecimalText(text) == nil, "\(text)") }

    @Test func scales() {
        #expect(DecimalText("0.15")?.scaled(byPowerOfTen: -6)?.text == "0.00000015")
        #expect(DecimalText("2.5")?.scaled(byPowerOfTen: 3)?.text == "2500")
        #expect(DecimalText("-3")?.scaled(byPowerOfTen: -1)?.text == "-0.3")
        #expect(DecimalText("0")?.scaled(byPowerOfTen: 5)?.text == "0")
        #expect(DecimalText("1")?.scaled(byPowerOfTen: 401) == nil)
        #expect(DecimalText("1")?.scaled(byPowerOfTen: .min) == nil)
        #expect(DecimalText("1")?.scaled(byPowerOfTen: .max) == nil)
        #expect(DecimalText("1.50") == DecimalText("15e-1"))
    }

    @Test func agreesWithFoundation() {
        var dice = Dice(6)
        for _ in 0..<2000 {
            let text = "\(dice.next(100000)).\(dice.next(1000))e\(dice.next(30) - 15)"
            let other = Decimal(string: text)
            #expect(DecimalText(text).map { Decimal(string: $0.text) } == other, "\(text)")
        }
    }

    @Test func signs() {
        #expect(DecimalText("-1")?.isBelowZero == true && DecimalText("-0")?.isBelowZero == false && DecimalText("0.0")?.isZero == true)
    }
}

@Suite struct DecimalAtto {
    @Test(arguments: [("0", Int128(0)), ("-0", 0), ("1", 1_000_000_000_000_000_000), ("0.00000015", 150_000_000_000), ("1e-18", 1), ("5e-19", 1), ("4.9e-19", 0),
                      ("1e-19", 0), ("1e-300", 0), ("0.0000000000000000015", 2), ("0.0000000000000000014999999", 1), ("$1,234.5", 1_234_500_000_000_000_000_000),
                      ("170141183460469231731.687303715884105727", .max), ("170141183460469231731.6873037158841057274", .max), ("12345678901.5", 12_345_678_901_500_000_000_000_000_000)])
    func exact(_ text: String, _ expected: Int128) { #expect(DecimalText(text)?.atto == expected, "\(text)") }

    @Test(arguments: ["-1", "-1e-18", "170141183460469231731.687303715884105728", "170141183460469231731.6873037158841057275", "170141183460469231732", "1e21", "1e300", "9e20"])
    func none(_ text: String) { #expect(DecimalText(text)?.atto == .none, "\(text)") }
}
