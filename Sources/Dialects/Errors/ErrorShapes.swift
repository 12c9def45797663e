internal import Bytes
package import JSON

/// When a member of a document without content says that something went wrong.
private enum ErrorSign: Sendable {
    /// It is false.
    case isFalse
    /// It is filled, and no code or word of success.
    case real
    /// A text that ends in "error", "exception" or a form of "fail"; or a number of HTTP's for a failure.
    case errorWord
    /// A code other than 0, those of HTTP's successes, and words for them.
    case code
    /// Such a code beside a message, or a number from 400 on.
    case codeWithWords
    /// Any but a word of success.
    case text
    /// A text, and nothing beside it says that it is news.
    case onlyMessage
    /// Its member `status_code` or `code` is such a code.
    case innerCode
    /// It has such an error itself.
    case innerError
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
    ErrorShape("error", .real), ErrorShape("Error", .real), ErrorShape("err", .real), ErrorShape("exception", .real), ErrorShape("failure", .real),
    // {"object":"error","message":...}: vLLM and SGLang, https://github.com/vllm-project/vllm/blob/v0.8.5/vllm/entrypoints/openai/protocol.py;
    // {"type":"error"}: https://docs.anthropic.com/en/api/errors; {"type":"response.failed","response":{"error":...}}:
    // https://platform.openai.com/docs/api-reference/responses-streaming; {"title":...,"status":502}: RFC 9457. 2026-11
    ErrorShape("object", .errorWord), ErrorShape("type", .errorWord), ErrorShape("status", .errorWord), ErrorShape("event", .errorWord),
    ErrorShape("response", .innerError),
    // https://developers.cloudflare.com/api, 2026-11, and many relays written in Java: {"success":false,"code":500,"msg":...}
    ErrorShape("success", .isFalse), ErrorShape("ok", .isFalse), ErrorShape("errors", .real), ErrorShape("internal_code", .code),
    // FastAPI, https://fastapi.tiangolo.com/tutorial/handling-errors, 2026-11, and Mistral
    ErrorShape("detail", .real),
    // Apigee, before several endpoints, https://cloud.google.com/apigee/docs/api-platform/fundamentals/fault-handling, 2026-11
    ErrorShape("fault", .real),
    // MiniMax, https://platform.minimax.io/docs/api-reference/errorcode; iFlytek, https://www.xfyun.cn/doc/spark/Web.html, 2026-11
    ErrorShape("base_resp", .innerCode), ErrorShape("header", .innerCode),
    ErrorShape("code", .codeWithWords), ErrorShape("Code", .codeWithWords), ErrorShape("status_code", .codeWithWords),
    ErrorShape("statusCode", .codeWithWords),
    // Baidu, https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh; Tencent and Volcengine, https://www.tencentcloud.com/document/api/1729,
    // https://www.volcengine.com/docs/6369/68677, 2026-11
    ErrorShape("error_code", .code), ErrorShape("error_msg", .text), ErrorShape("error_message", .text), ErrorShape("errcode", .code),
    ErrorShape("errmsg", .text), ErrorShape("Response", .innerError), ErrorShape("ResponseMetadata", .innerError),
    // AWS, https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html and
    // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html, 2026-11, and plain relays
    ErrorShape("message", .onlyMessage), ErrorShape("Message", .onlyMessage), ErrorShape("msg", .onlyMessage), ErrorShape("errorMessage", .text),
    ErrorShape("errorCode", .code), ErrorShape("error_type", .text), ErrorShape("errorType", .text),
]

/// Whether a document without content is one of an error.
package func isErrorDocument(_ document: JSONView) -> Bool {
    var found = false
    document.forEachMember { name, value in
        if found || value.isNull { return }
        for shape in errorShapes where jsonName(document.bytes, name, is: shape.member) {
            found = shows(value, shape.sign, document)
            return
        }
        found = isException(document.bytes[name]) && value.isObject
    }
    return found
}

/// Bedrock's streams have {"throttlingException":{"message":...}}:
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html, 2026-11.
func isException(_ name: UnsafeRawBufferPointer) -> Bool {
    name.count > 9 && name[ByteRange(name.count &- 9, name.count)].equals("Exception")
}

/// The objects in a document that may have the error.
func innerObjects(_ document: JSONView) -> [JSONView] {
    var inner: [JSONView] = []
    for name: StaticString in ["response", "Response", "ResponseMetadata", "header"] {
        if let value = document[name], value.isObject { inner.append(value) }
    }
    return inner
}

/// The member that is the error.
func errorMember(_ object: JSONView) -> JSONView? {
    for name: StaticString in ["error", "Error", "err", "ErrorMsg"] {
        if let value = object[name], isFilled(value) { return value }
    }
    return nil
}

private func shows(_ value: JSONView, _ sign: ErrorSign, _ document: JSONView) -> Bool {
    switch sign {
    case .isFalse: value.bool == false || value.string?.equals("false") ?? false
    case .real: isRealError(value)
    case .errorWord: saysError(value)
    case .code: isFailureCode(value)
    case .codeWithWords: isFailureCode(value) && (hasMessage(document) || (value.int ?? 0) >= 400 || saysError(value))
    case .text: isFilledText(value) && isFailureCode(value)
    case .onlyMessage: isFilledText(value) && isOnlyAMessage(document)
    case .innerCode: (value["status_code"] ?? value["code"]).map(isFailureCode) ?? false
    case .innerError: errorMember(value).map(isRealError) ?? false
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

/// Numbers also as text. Not 0, no success of HTTP, no word for one.
private func isFailureCode(_ value: JSONView) -> Bool {
    guard let text = value.string ?? value.numberText, !text.utf8.isEmpty else { return false }
    if let number = value.int ?? Int(text) { return number != 0 && !(number >= 200 && number < 300) }
    let word = lowercased(text)
    return !(word.equals("success") || word.equals("ok") || word.equals("none") || word.equals("null") || word.equals("false"))
}

private func saysError(_ value: JSONView) -> Bool {
    if let number = value.int { return number >= 400 && number < 600 }
    guard let word = value.string.map(lowercased) else { return false }
    if word.equals("fail") { return true }
    for ending: StaticString in ["error", "exception", "failed", "failure"] {
        if word.octets.suffix(ending.utf8CodeUnitCount).elementsEqual(UnsafeBufferPointer(start: ending.utf8Start, count: ending.utf8CodeUnitCount)) { return true }
    }
    return false
}

private func isFilledText(_ value: JSONView) -> Bool { value.isString && value.range.count > 2 }

private func hasMessage(_ document: JSONView) -> Bool {
    messageNames.contains { isText(document[$0]) } || isText(document["error"])
}

private func isText(_ value: JSONView?) -> Bool { value.map(isFilledText) ?? false }

/// A message beside a code of success, `success: true`, or a label that speaks of no error is news.
private func isOnlyAMessage(_ document: JSONView) -> Bool {
    if document["success"]?.bool == true { return false }
    for name: StaticString in ["code", "status_code", "statusCode", "status"] {
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
