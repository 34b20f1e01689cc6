// Numbers and tables in Markdown.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

export function count(value: number): string {
  return whole.format(value)
}

/** Three digits, for what may be small. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return count(value)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

export function times(factor: number): string {
  return `${factor.toFixed(1)} ×`
}
