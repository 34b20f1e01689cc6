// Log lines for people: time, level, message, then the other fields as name=value, and a stack below.

interface LogLine {
  readonly time?: string
  readonly level?: string
  readonly msg?: string
  readonly err?: { readonly stack?: string }
}

/** @param line one JSON object and a line end */
export function formatLogLine(line: string): string {
  const { time, level, msg, err, ...fields }: LogLine = JSON.parse(line)
  const clock = time?.slice('yyyy-mm-ddT'.length, -1)
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`)
  const stack = err?.stack ?? (err && JSON.stringify(err))
  const words = [clock, level?.toUpperCase().padEnd(5), msg, ...pairs].filter(Boolean)
  return `${words.join(' ')}\n${stack ? `${stack.replace(/^/gm, '  ')}\n` : ''}`
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)
}
