import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { Sealer } from '../platform/seal.ts'
import { optional, parseForm } from '../protocol/params.ts'
import {
  formatRequest,
  type Interaction,
  interactionExpiry,
  openInteraction,
  sealInteraction,
  startInteraction,
} from './interaction.ts'

const HOUR = 3600
const REQUEST = 'client_id=web-app&resource=a&resource=b&state=a+b%26c'

function setUp(request = REQUEST) {
  const deps = { clock: createFakeClock(), sealer: new Sealer(randomBytes(32)) }
  const interaction: Interaction = {
    ...startInteraction(parseForm(request), 'my browser', deps),
    account: 'session-1',
    freshSignIn: true,
  }
  return { deps, interaction, sealed: sealInteraction(interaction, deps) }
}

const MINE = { cookies: { browser: 'my browser' } }

describe('an interaction', () => {
  it('comes back as it was, with its request', () => {
    const { deps, interaction, sealed } = setUp()
    deps.clock.advance(HOUR)
    const opened = openInteraction(sealed, MINE, deps)
    expect(opened).toEqual({ interaction, params: parseForm(REQUEST) })
  })

  it('has an id of its own', () => {
    expect(setUp().interaction.id).not.toBe(setUp().interaction.id)
  })

  it.each([undefined, '', 'other browser', 'MY BROWSER'])(
    'D3, RFC 9700 §4.7.1: is not for the browser %j',
    (browser) => {
      const { deps, sealed } = setUp()
      expect(() => openInteraction(sealed, { cookies: { browser } }, deps)).toThrow(
        'interaction_of_other_browser',
      )
    },
  )

  it('D2: is ours, sealed for this purpose, under this key', () => {
    const { deps, interaction, sealed } = setUp()
    const text = JSON.stringify(interaction)
    const forgeries = [
      undefined,
      '',
      text,
      Buffer.from(text).toString('base64url'),
      `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`,
      deps.sealer.seal(text),
      deps.sealer.seal(text, 'sign-out'),
      new Sealer(randomBytes(32)).seal(text, 'interaction'),
    ]
    for (const forgery of forgeries) {
      expect(() => openInteraction(forgery, MINE, deps)).toThrow('interaction_invalid')
    }
  })

  it('D3: begins anew after an hour, with its request and without what was proven', () => {
    const { deps, interaction, sealed } = setUp()
    deps.clock.advance(HOUR + 1)
    const opened = openInteraction(sealed, MINE, deps)
    expect(opened.interaction).toEqual({
      ...startInteraction(parseForm(REQUEST), 'my browser', deps),
      id: expect.any(String),
      restarted: true,
    })
    expect(opened.interaction.id).not.toBe(interaction.id)
    expect(optional(opened.params, 'state')).toBe('a b&c')
  })

  it('D2: is remembered as answered for longer than it could be answered', () => {
    const { deps, interaction, sealed } = setUp()
    deps.clock.advance(interactionExpiry(interaction) - deps.clock.nowSeconds())
    expect(openInteraction(sealed, MINE, deps).interaction.restarted).toBe(true)
  })

  it('E4: fits into a form field, or is refused at once', () => {
    const most = `a=${'x'.repeat(4000)}&b=${'x'.repeat(4000)}&c=`
    const longest = most + 'x'.repeat(10_000 - most.length)
    const { sealed } = setUp(longest)
    expect(optional(parseForm(`interaction=${sealed}`), 'interaction')).toBe(sealed)
    expect(() => setUp(`${longest}x`)).toThrow('request_malformed')
    expect(() => formatRequest(parseForm(`${longest}x`))).toThrow('request_malformed')
  })
})
