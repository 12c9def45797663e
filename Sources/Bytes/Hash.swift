package let fnvSeed: UInt64 = 0xCBF2_9CE4_8422_2325

/// FNV-1a. `fold`: bits set in every byte first; 0x20 takes ASCII letters of either case as the same.
package func fnv1a(_ bytes: UnsafeRawBufferPointer, from seed: UInt64 = fnvSeed, fold: UInt8 = 0) -> UInt64 {
    var hash = seed
    for byte in bytes { hash = (hash ^ UInt64(byte | fold)) &* 0x100_0000_01B3 }
    return hash
}

package func fnv1a(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { fnv1a(UnsafeRawBufferPointer($0)) }
}
