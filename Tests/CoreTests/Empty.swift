import Testing
@testable import Core

@Test func moduleLoads() { #expect(Bool(true)) }
