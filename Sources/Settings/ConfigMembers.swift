internal import Bytes
package import Model

/// The members of an object while they are read, each by its name; `end` complains of one that nobody asked for. A reader of a
/// document is a long list of names: hence calls that look, check and store at once, for the least code at each use.
package final class ConfigMembers {
    private var rest: [(name: Word, value: ConfigValue)]
    /// The marks of all names: most that are asked for are not there, and are not looked for.
    private var marks: UInt64 = 0

    fileprivate init(_ members: [(name: Word, value: ConfigValue)]) {
        rest = members
        for member in members { marks |= member.name.mark }
    }

    package func has(_ name: StaticString) -> Bool { rest.contains { name ~= $0.name } }

    package func take(_ name: StaticString) -> ConfigValue? {
        guard marks & Word.mark(name.utf8Start, name.utf8CodeUnitCount) != 0,
              let index = rest.firstIndex(where: { name ~= $0.name }) else { return nil }
        return rest.remove(at: index).value
    }

    package func take(_ name: String) -> ConfigValue? {
        guard marks & Word(name).mark != 0, let index = rest.firstIndex(where: { same($0.name.text, name) }) else { return nil }
        return rest.remove(at: index).value
    }

    /// The members of a member.
    package func object(_ name: StaticString) throws(Failure) -> ConfigMembers? {
        guard let value = take(name) else { return nil }
        return try value.object()
    }

    package func end() throws(Failure) {
        if let left = rest.first { throw left.value.unknown() }
    }
}

extension ConfigValue {
    package func object() throws(Failure) -> ConfigMembers { ConfigMembers(try members()) }
}

extension ConfigMembers {
    package func flag(_ name: StaticString, _ slot: inout Bool) throws(Failure) {
        if let value = take(name) { slot = try value.flag() }
    }

    package func flag(_ name: StaticString, _ slot: inout Bool?) throws(Failure) {
        if let value = take(name) { slot = try value.flag() }
    }

    package func text(_ name: StaticString, _ slot: inout String) throws(Failure) {
        if let value = take(name) { slot = try value.text() }
    }

    package func text(_ name: StaticString, _ slot: inout String?) throws(Failure) {
        if let value = take(name) { slot = try value.text() }
    }

    package func texts(_ name: StaticString, _ slot: inout [String]) throws(Failure) {
        if let value = take(name) { slot = try value.texts() }
    }

    package func integer(_ name: StaticString, _ least: Int, _ most: Int, _ slot: inout Int) throws(Failure) {
        if let value = take(name) { slot = try value.integer(least, most) }
    }

    package func integer(_ name: StaticString, _ least: Int, _ most: Int, _ slot: inout Int?) throws(Failure) {
        if let value = take(name) { slot = try value.integer(least, most) }
    }

    /// A number of things, one at least.
    package func count(_ name: StaticString, _ slot: inout Int?) throws(Failure) {
        try integer(name, 1, 1_000_000_000_000, &slot)
    }

    package func seconds(_ name: StaticString, _ slot: inout Double) throws(Failure) {
        if let value = take(name) { slot = try value.seconds() }
    }

    package func seconds(_ name: StaticString, _ slot: inout Double?) throws(Failure) {
        if let value = take(name) { slot = try value.seconds() }
    }

    package func usd(_ name: StaticString, _ slot: inout AttoUSD?, perMillion: Bool = false) throws(Failure) {
        if let value = take(name) { slot = try value.usd(perMillion: perMillion) }
    }

    /// One of the words of an enumeration; nil: the member is absent.
    package func word<T: RawRepresentable & CaseIterable>(_ name: StaticString, as type: T.Type = T.self) throws(Failure) -> T? where T.RawValue == String {
        guard let value = take(name) else { return nil }
        return try value.word(as: type)
    }
}
