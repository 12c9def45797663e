@inline(never)
func decimal(_ number: Int) -> String { String(number) }
