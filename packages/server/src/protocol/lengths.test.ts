import { describe, expect, it } from 'vitest'
import { OAuthError } from './errors.ts'
import { parseJson } from './json.ts'
import { checkHeaderLengths, maxLengthOf } from './lengths.ts'
import { parseForm } from './params.ts'

/** The reason and the parameter that is to blame. */
function refusalOf(read: () => unknown): readonly (string | undefined)[] {
  try {
    read()
    return []
  } catch (error) {
    return error instanceof OAuthError ? [error.reason, error.parameter] : [String(error)]
  }
}

const NAMES = ['state', 'scope', 'redirect_uri', 'username', 'code_verifier', 'token']

describe('security H1: the longest value of a parameter', () => {
  it.each(NAMES)('%s is the same in a form and in JSON, and a refusal names it', (name) => {
    const longest = maxLengthOf(name)
    for (const [length, refusal] of [
      [longest, []],
      [longest + 1, ['parameter_too_long', name]],
    ] as const) {
      const value = 'x'.repeat(length)
      expect(refusalOf(() => parseForm(`${name}=${value}`))).toEqual(refusal)
      expect(refusalOf(() => parseJson(JSON.stringify({ [name]: value })))).toEqual(refusal)
    }
  })

  it('is counted after decoding, whatever a character takes on the way', () => {
    const longest = maxLengthOf('unit')
    expect(refusalOf(() => parseForm(`unit=${'%C3%A9'.repeat(longest)}`))).toEqual([])
    expect(refusalOf(() => parseForm(`unit=${'%C3%A9'.repeat(longest + 1)}`))).toHaveLength(2)
  })

  it('is there for parameters that nobody knows, whose names are not repeated', () => {
    const unknown = 'x'.repeat(4097)
    expect(refusalOf(() => parseForm(`made_up=${unknown}`))).toEqual([
      'parameter_too_long',
      undefined,
    ])
    expect(refusalOf(() => parseForm(`${'n'.repeat(129)}=1`))).toHaveLength(2)
    expect(refusalOf(() => parseForm('n'.repeat(129)))).toHaveLength(2)
  })

  it('holds for each parameter that may be repeated', () => {
    const long = 'https://api.example/'.padEnd(maxLengthOf('resource') + 1, 'x')
    const form = `resource=https://api.example&resource=${long}`
    expect(refusalOf(() => parseForm(form))).toEqual(['parameter_too_long', 'resource'])
  })

  it('is there for headers', () => {
    const headers = { 'accept-language': 'en', 'x-other': 'x'.repeat(9000) }
    expect(refusalOf(() => checkHeaderLengths(headers))).toEqual([])
    expect(refusalOf(() => checkHeaderLengths({ 'accept-language': 'e'.repeat(1025) }))).toEqual([
      'parameter_too_long',
      'accept-language',
    ])
  })
})
