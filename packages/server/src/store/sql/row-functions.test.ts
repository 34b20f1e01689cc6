import { describe, expect, it } from 'vitest'
import { binder, picker, rowDecoder } from './row-functions.ts'

describe('functions that are written out for a statement', () => {
  it('make a record of a row', () => {
    const decode = rowDecoder([
      { property: 'id', kind: 'text' },
      { property: 'endsAtSeconds', kind: 'number' },
      { property: 'enabled', kind: 'flag' },
      { property: 'scopes', kind: 'list' },
    ])
    const record = { id: 'one', endsAtSeconds: 5, enabled: true, scopes: ['read'] }
    expect(decode(['one', 5, 1, '["read"]'])).toEqual(record)
    expect(decode(['one', 5, 0, '[]'])).toEqual({ ...record, enabled: false, scopes: [] })
    const nothing = { id: null, endsAtSeconds: null, enabled: null, scopes: null }
    expect(decode([null, null, null, null])).toEqual(nothing)
  })

  it('give the parameters of a statement, in their order', () => {
    const bind = binder([
      { input: 'id' },
      { constant: 'main' },
      { input: 'scopes' },
      { input: 'id' },
    ])
    expect(bind({ scopes: ['a', 'b'], id: true })).toEqual([1, 'main', '["a","b"]', 1])
    expect(() => bind({ id: 'x' })).toThrow('was given undefined')
  })

  it('take a record out of a row that holds more', () => {
    const pick = picker<{ id: string; name: string }, 'id'>({ id: 'text', name: 'text' }, 'id')
    const row = { grantId: 'g', id: 'other', name: 'n', more: 1 }
    expect(pick(row, { id: 'g' })).toEqual({ id: 'g', name: 'n' })
  })

  it.each(['a.b', '__proto__', 'x)', '', '1a', 'a b'])('are not written for %j', (name) => {
    expect(() => rowDecoder([{ property: name, kind: 'text' }])).toThrow('cannot be the name')
    expect(() => binder([{ input: name }])).toThrow('cannot be the name')
    expect(() => picker({ [name]: 'text' } as never)).toThrow('cannot be the name')
  })
})
