internal import Bytes

/// A value by its path; the whole for the path "".
package func value(_ path: String, in root: JSONView) -> JSONView? {
    var view = root
    for name in path.octets.split(separator: UInt8(ascii: ".")) {
        var inner: JSONView?
        let wanted = String(utf8: name)
        view.forEachMember { name, value in
            if same(view.bytes[name], wanted) { inner = value }
        }
        guard let inner else { return nil }
        view = inner
    }
    return view
}
