internal import Bytes
internal import Model

extension ConfigValue {
    /// {"url": "/credits", "remaining": path or paths} or {"url", "total", "used"}.
    func balanceForm() throws(Failure) -> BalanceForm {
        var form = BalanceForm()
        let members = try object()
        try members.text("url", &form.url)
        if let paths = members.take("remaining") { form.remaining = try paths.isArray ? paths.texts() : [paths.text()] }
        try members.text("total", &form.total)
        try members.text("used", &form.used)
        try members.end()
        if form.url.octets.first != UInt8(ascii: "/") { throw failure("needs a url that begins with \"/\", behind base_url") }
        if form.remaining.isEmpty, form.total.isEmpty || form.used.isEmpty { throw failure("needs remaining, or total and used") }
        return form
    }
}
