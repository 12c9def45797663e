package func retryAfterMs(_ h: UnsafeRawBufferPointer) -> Int? { nil }
package func requestID(_ h: UnsafeRawBufferPointer) -> String? { nil }
package func shouldRetry(_ h: UnsafeRawBufferPointer) -> Bool? { nil }
package func msUntil(_ t: Int, _ h: UnsafeRawBufferPointer) -> Int? { nil }
