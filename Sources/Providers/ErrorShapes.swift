internal import Wire

/// When a member of a document without content says that something went wrong.
private enum ErrorSign: Sendable {
    /// It is false.
    case isFalse
    /// It is filled, and no code or word of success.
    case real
    /// A text that ends in "error" or "exception", or a form of "fail".
    case errorWord
    /// A code other than 0, those of HTTP's successes, and words for them.
    case code
    /// Such a code beside a message, or a number from 400 on.
    case codeWithWords
    case text
    /// A text, and nothing beside it says that it is news.
    case onlyMessage
    /// Its member `status_code` is such a code.
    case innerCode
}

private struct ErrorShape: Sendable {
    let member: StaticString
    let sign: ErrorSign

    init(_ member: StaticString, _ sign: ErrorSign) {
        self.member = member
        self.sign = sign
    }
}

/// Where documents say that something went wrong. They count where no choice has content: several of these words also stand in
/// good answers.
private let errorShapes: [ErrorShape] = [
    ErrorShape("error", .real),
    // {"object":"error","message":...}: vLLM and SGLang, https://github.com/vllm-project/vllm/blob/v0.8.5/vllm/entrypoints/openai/protocol.py;
    // {"type":"error"}: https://docs.anthropic.com/en/api/errors, 2026-11
    ErrorShape("object", .errorWord), ErrorShape("type", .errorWord), ErrorShape("status", .errorWord),
    // https://developers.cloudflare.com/api, 2026-11, and many relays written in Java: {"success":false,"code":500,"msg":...}
    ErrorShape("success", .isFalse), ErrorShape("errors", .real),
    // FastAPI, https://fastapi.tiangolo.com/tutorial/handling-errors, 2026-11, and Mistral
    ErrorShape("detail", .real),
    // Apigee, before several endpoints, https://cloud.google.com/apigee/docs/api-platform/fundamentals/fault-handling, 2026-11
    ErrorShape("fault", .real),
    // MiniMax, https://platform.minimax.io/docs/api-reference/errorcode, 2026-11
    ErrorShape("base_resp", .innerCode),
    ErrorShape("code", .codeWithWords), ErrorShape("status_code", .codeWithWords),
    // Baidu, https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh, 2026-11
    ErrorShape("error_code", .code), ErrorShape("error_msg", .text), ErrorShape("error_message", .text),
    // AWS, https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html, 2026-11, and plain relays
    ErrorShape("message", .onlyMessage), ErrorShape("Message", .onlyMessage), ErrorShape("msg", .onlyMessage),
]

/// Whether a document without content is one of an error.
func isErrorDocument(_ document: JSONView) -> Bool {
    var found = false
    document.forEachMember { name, value in
        if found || value.isNull { return }
        for shape in errorShapes where jsonName(document.bytes, name, is: shape.member) {
            found = shows(value, shape.sign, document)
            return
        }
    }
    return found
}

private func shows(_ value: JSONView, _ sign: ErrorSign, _ document: JSONView) -> Bool {
    switch sign {
    case .isFalse: value.bool == false || value.string?.equals("false") ?? false
    case .real: isRealError(value)
    case .errorWord: saysError(value)
    case .code: isFailureCode(value)
    case .codeWithWords: isFailureCode(value) && (hasMessage(document) || (value.int ?? 0) >= 400)
    case .text: isFilledText(value)
    case .onlyMessage: isFilledText(value) && isOnlyAMessage(document)
    case .innerCode: value["status_code"].map(isFailureCode) ?? false
    }
}

/// Some servers always send the member: null, "", false, {} and [], and a code that means success, say that there is none.
func isRealError(_ value: JSONView) -> Bool {
    if value.isString || value.isNumber { return isFailureCode(value) }
    if value.isArray {
        var any = false
        value.forEachElement { any = any || isRealError($0) }
        return any
    }
    guard value.isObject else { return value.bool ?? false }
    if let code = value["code"] ?? value["status_code"], code.isNumber || isFilledText(code) {
        return isFailureCode(code) || value["type"].map(saysError) ?? false
    }
    var any = false
    value.forEachMember { _, member in any = any || isFilled(member) }
    return any
}

/// Neither null, false, "", [] nor {}.
func isFilled(_ value: JSONView) -> Bool {
    switch true {
    case value.isString: value.range.count > 2
    case value.isArray: value.firstElement != nil
    case value.isObject: hasMember(value)
    case value.isNumber: true
    default: value.bool ?? false
    }
}

private func hasMember(_ object: JSONView) -> Bool {
    var any = false
    object.forEachMember { _, _ in any = true }
    return any
}

/// Numbers also as text. Not 0, no success of HTTP, no word for one.
private func isFailureCode(_ value: JSONView) -> Bool {
    guard let text = value.string ?? value.numberText, !text.utf8.isEmpty else { return false }
    if let number = value.int ?? Int(text) { return number != 0 && !(number >= 200 && number < 300) }
    let word = lowercased(text)
    return !(word.equals("success") || word.equals("ok") || word.equals("none") || word.equals("null") || word.equals("false"))
}

private func saysError(_ value: JSONView) -> Bool {
    guard let word = value.string.map(lowercased) else { return false }
    return word.equals("failed") || word.equals("failure") || word.equals("fail")
        || word.octets.suffix(5).elementsEqual("error".octets) || word.octets.suffix(9).elementsEqual("exception".octets)
}

private func isFilledText(_ value: JSONView) -> Bool { value.isString && value.range.count > 2 }

private func hasMessage(_ document: JSONView) -> Bool {
    isText(document["message"]) || isText(document["msg"]) || isText(document["error"])
}

private func isText(_ value: JSONView?) -> Bool { value.map(isFilledText) ?? false }

/// A message beside a code of success, `success: true`, or a label that speaks of no error is news.
private func isOnlyAMessage(_ document: JSONView) -> Bool {
    if document["success"]?.bool == true { return false }
    for name: StaticString in ["code", "status_code", "status"] {
        if let code = document[name], code.isNumber || isFilledText(code), !isFailureCode(code) { return false }
    }
    for name: StaticString in ["type", "object", "event", "usage", "choices", "data"] {
        if let label = document[name], isFilled(label) { return false }
    }
    return true
}

/// A body without the expected payload that says what went wrong.
package func speaksOfAnError(_ body: UnsafeRawBufferPointer) -> Bool {
    let excerpt = errorExcerpt(body)
    defer { excerpt?.keepAlive() }
    guard let root = JSONView(document: excerpt?.bytes ?? body), let object = root.isArray ? root.firstElement : root else { return false }
    return isErrorDocument(object)
}
