// What an operator must hear of even if nobody listens to `onRefusal` and `onFeedError`: said once, not per request.

const said = new Set<string>()

export type WarningCode = 'OSTIARY_UNAVAILABLE' | 'OSTIARY_FEED' | 'OSTIARY_METADATA'

/** `topic`: what the warning is about; the same one is not said twice in a process. */
export function warnOnce(code: WarningCode, topic: string, message: string): void {
  const key = `${code} ${topic}`
  if (said.has(key)) return
  said.add(key)
  process.emitWarning(`@ostiary/resource: ${message}`, { type: 'OstiaryWarning', code })
}
