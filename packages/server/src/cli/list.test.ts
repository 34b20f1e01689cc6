import { describe, expect, it } from 'vitest'
import { MOST_LISTED } from '../store/limits.ts'
import { type List, printList } from './list.ts'

interface Item {
  readonly id: string
}

const LIST: List<Item> = {
  name: 'items',
  none: 'no items yet',
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'LENGTH', value: ({ id }) => String(id.length) },
  ],
}

const item = (at: number): Item => ({ id: `item ${at}` })

/** Prints so many items. @returns the parts, each with how many items had been read by then */
async function print(count: number, { json = false, failsAt = Infinity } = {}) {
  const printed: { text: string; read: number }[] = []
  let read = 0
  async function* items() {
    for (; read < count; read += 1) {
      if (read === failsAt) throw new Error('the database is away')
      yield item(read)
    }
  }
  const failure = await printList(items(), LIST, {
    json,
    print: async (text) => void printed.push({ text, read }),
  }).catch(String)
  return { printed, failure, text: printed.map((each) => each.text).join('') }
}

describe('a list of a command', () => {
  it.each([false, true])(
    'security H8: is printed while it is read, never all at once (json: %s)',
    async (json) => {
      const { printed } = await print(2 * MOST_LISTED + 1, { json })
      expect(printed.map(({ read }) => read)).toEqual([
        MOST_LISTED - 1,
        2 * MOST_LISTED - 1,
        2 * MOST_LISTED + 1,
      ])
    },
  )

  it('is one JSON object, however many parts it had', async () => {
    for (const count of [0, 1, MOST_LISTED - 1, MOST_LISTED, MOST_LISTED + 1, 3 * MOST_LISTED]) {
      const { text } = await print(count, { json: true })
      const items = Array.from({ length: count }, (_each, at) => item(at))
      expect(text).toBe(`${JSON.stringify({ items })}\n`)
    }
  })

  it('is one table, with one line of titles', async () => {
    const lines = (await print(MOST_LISTED + 1)).text.split('\n')
    expect(lines).toHaveLength(MOST_LISTED + 3)
    expect(lines.filter((line) => line.includes('ID'))).toHaveLength(1)
    expect(lines[1]).toBe('item 0    6')
    expect(lines[MOST_LISTED + 1]).toBe(`item ${MOST_LISTED}  8`)
  })

  it('says so when it is empty', async () => {
    expect((await print(0)).text).toBe('no items yet\n')
  })

  it('prints nothing when the first item cannot be read', async () => {
    const { printed, failure } = await print(5, { failsAt: 0 })
    expect([printed, failure]).toEqual([[], 'Error: the database is away'])
  })
})
