package func appendJSONString(_ b: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
  guard out.append(0x22) else { return false }
  for c in b { if c == 0x22 || c == 0x5c { _ = out.append(0x5c) }; if c < 0x20 { _ = out.append(0x20) } else { _ = out.append(c) } }
  return out.append(0x22) }
package func repairJSON(_ bytes: UnsafeRawBufferPointer, to: ByteBuffer) -> Bool { to.append(bytes) }
package func repairJSON(_ bytes: UnsafeRawBufferPointer, into: ByteBuffer) -> Bool { into.append(bytes) }
package func scaledDecimal(_ b: UnsafeRawBufferPointer, _ e: Int) -> String? { nil }
package func retryAfterMs(_ h: UnsafeRawBufferPointer) -> Int? { nil }
package func requestID(_ h: UnsafeRawBufferPointer) -> String? { nil }
package func shouldRetry(_ h: UnsafeRawBufferPointer) -> Bool? { nil }
package func msUntil(_ t: Int, _ h: UnsafeRawBufferPointer) -> Int? { nil }
