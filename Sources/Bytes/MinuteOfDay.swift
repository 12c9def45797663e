/// "1630" or "16:30"; 24:00 is midnight.
package func minuteOfDay(_ text: UnsafeRawBufferPointer) -> Int? {
    var number = 0, digits = 0
    for byte in text {
        if byte &- 0x30 <= 9, digits < 4 {
            number = number &* 10 &+ Int(byte &- 0x30)
            digits &+= 1
        } else if byte != Ascii.colon || digits != 2 || text.count != 5 {
            return nil
        }
    }
    guard digits == 4, number <= 2400, number % 100 < 60 else { return nil }
    return (number / 100 &* 60 &+ number % 100) % 1440
}
