// A list of any length: what is read of it is printed before the rest is read.

import { once } from 'node:events'
import { MOST_LISTED } from '../store/limits.ts'
import { type Column, createTable } from './answer.ts'

export interface List<Item, Row = Item> {
  /** In the JSON object. */
  readonly name: string
  readonly columns: readonly Column<Row>[]
  /** The rows of the table that an item has, where it is not one like it. */
  readonly rowsOf?: (item: Item) => readonly Row[]
  /** What is said when it is empty. */
  readonly none: string
}

/** Prints nothing before the first item is there: what fails until then can still be said in its place. */
export async function printList<Item, Row>(
  items: AsyncIterable<Item>,
  list: List<Item, Row>,
  { json, print }: { readonly json: boolean; readonly print: (text: string) => Promise<void> },
): Promise<void> {
  const { formatPart, formatEnd } = json ? jsonObject(list) : table(list)
  let part: Item[] = []
  for await (const item of items) {
    part.push(item)
    if (part.length < MOST_LISTED) continue
    await print(formatPart(part))
    part = []
  }
  await print(`${part.length === 0 ? '' : formatPart(part)}${formatEnd()}`)
}

interface Format<Item> {
  readonly formatPart: (part: readonly Item[]) => string
  readonly formatEnd: () => string
}

function jsonObject<Item>({ name }: { readonly name: string }): Format<Item> {
  let start = `{${JSON.stringify(name)}:[`
  return {
    formatPart: (part) => {
      const text = `${start}${part.map((item) => JSON.stringify(item)).join(',')}`
      start = ','
      return text
    },
    formatEnd: () => `${start === ',' ? '' : start}]}\n`,
  }
}

function table<Item, Row>(list: List<Item, Row>): Format<Item> {
  const { columns, none, rowsOf = (item: Item) => [item as unknown as Row] } = list
  const format = createTable(columns)
  let isEmpty = true
  return {
    formatPart: (part) => {
      isEmpty = false
      return `${format(part.flatMap(rowsOf))}\n`
    },
    formatEnd: () => (isEmpty ? `${none}\n` : ''),
  }
}

/** Whoever reads slowly is waited for: the list would else pile up in memory. */
export async function writeOut(stdout: NodeJS.WritableStream, text: string): Promise<void> {
  if (text !== '' && !stdout.write(text)) await once(stdout, 'drain')
}
