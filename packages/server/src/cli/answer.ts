// What a command says when it is done: the same thing as data for scripts and as text for people.

import { styleText } from 'node:util'

export interface Answer {
  readonly data: object
  readonly text: string
  /** 0 when not given. */
  readonly exitCode?: number
}

export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | null | undefined
}

/** A table that reads the same in a terminal and in a pipe. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const titles = columns.map(({ title }) => title)
  const cells = rows.map((row) => columns.map(({ value }) => value(row) || '-'))
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((line) => [...(line[index] ?? '')].length)),
  )
  const line = (values: readonly string[]) =>
    values
      .map((value, index) => value + ' '.repeat((widths[index] ?? 0) - [...value].length))
      .join('  ')
      .trimEnd()
  return [emphasise(line(titles)), ...cells.map(line)].join('\n')
}

/** `name: value` lines with the values below each other; what is null or empty is left out. */
export function formatFields(
  fields: Readonly<Record<string, string | readonly string[] | null | undefined>>,
): string {
  const shown = Object.entries(fields).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : value?.join(' ')
    return text ? [[name, text] as const] : []
  })
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n')
}

export function formatTime(seconds: number | null): string {
  return seconds === null
    ? ''
    : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')
}

/** Bold in a terminal, plain in a pipe or with NO_COLOR. */
export function emphasise(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}
