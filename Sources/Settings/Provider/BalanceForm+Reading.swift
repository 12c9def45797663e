internal import Bytes
internal import Model

extension BalanceForm {
    /// {"url": "/credits", "remaining": path or paths} or {"url", "total", "used"}.
    init(_ value: ConfigValue) throws(Failure) {
        self.init()
        let members = try value.object()
        try members.text("url", &url)
        if let paths = members.take("remaining") { remaining = try paths.isArray ? paths.texts() : [paths.text()] }
        try members.text("total", &total)
        try members.text("used", &used)
        try members.end()
        if url.octets.first != UInt8(ascii: "/") { throw value.failure("needs a url that begins with \"/\", behind base_url") }
        if remaining.isEmpty, total.isEmpty || used.isEmpty { throw value.failure("needs remaining, or total and used") }
    }
}
