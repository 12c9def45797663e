/// Joins the parts of a message. Out of line, since string interpolation costs half a kilobyte of code wherever it stands.
@inline(never)
func sentence(_ parts: String...) -> String {
    var all = ""
    for part in parts { all += part }
    return all
}

@inline(never)
func decimal(_ number: Int) -> String { String(number) }
