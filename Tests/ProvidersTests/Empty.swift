import Testing
@testable import Providers
@Test func moduleLoads() { #expect(Bool(true)) }
