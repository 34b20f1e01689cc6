// The column of a server as text for a terminal.

import type { Column } from './column.ts'

const WIDEST = 160

export function formatColumn({ name, findings }: Column): string {
  const rows = [...findings].map(([{ row, title }, { verdict, seen }]) => {
    const line = `${row.padEnd(20)}${verdict.padEnd(16)}${title}`
    return verdict === 'held' ? line : `${line}\n${' '.repeat(20)}${seen}`
  })
  return [`\n${name}`, ...rows.map(shorten), summarise({ name, findings })].join('\n')
}

export function summarise({ findings }: Column): string {
  const counts = new Map<string, number>()
  for (const { verdict } of findings.values()) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')
}

function shorten(line: string): string {
  return line
    .split('\n')
    .map((part) => (part.length > WIDEST ? `${part.slice(0, WIDEST - 1)}…` : part))
    .join('\n')
}
