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
  return createTable(columns)(rows)
}

/** A table that is made part by part, the titles with the first; columns only ever grow wider. */
export function createTable<Row>(
  columns: readonly Column<Row>[],
): (rows: readonly Row[]) => string {
  let titles = columns.map(({ title }) => title)
  let widths = titles.map((title) => title.length)
  const line = (values: readonly string[]) =>
    values
      .map((value, index) => value + ' '.repeat((widths[index] ?? 0) - [...value].length))
      .join('  ')
      .trimEnd()
  return (rows) => {
    const cells = rows.map((row) => columns.map(({ value }) => value(row) || '-'))
    widths = widths.map((width, index) =>
      Math.max(width, ...cells.map((values) => [...(values[index] ?? '')].length)),
    )
    const head = titles.length === 0 ? [] : [emphasise(line(titles))]
    titles = []
    return [...head, ...cells.map(line)].join('\n')
  }
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
